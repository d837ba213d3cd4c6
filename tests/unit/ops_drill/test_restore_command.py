"""`kindred drill restore`: tables, then the database, each restored, timed and removed."""

import itertools
import json
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from ops.cli import app
from ops.drill import commands, deployed

TABLES = ["experiments", "counters"]
ANSWERS = {
    "describe_table": {"Table": {"TableStatus": "ACTIVE"}},
    "scan": {"Count": 0},
    "describe_db_clusters": {"DBClusters": [{"Status": "available", "DBSubnetGroup": "group"}]},
}
COPY = "kindred-staging-drill"


class StageFake:
    def output(self, _stack, name):
        return dict(zip(commands.TABLES, TABLES, strict=True))[name]


@pytest.fixture
def run(monkeypatch):
    """Whatever `fails` is refused; a second passes between any two looks at the clock."""

    def group_of(cluster, *, region):
        return f"of {cluster} in {region}"

    def given(environment, *, fails=None, subnet_group=group_of):
        asked, clock = [], itertools.count()

        def ask(call):
            asked.append(call)
            if call.operation == fails:
                raise ClientError({"Error": {"Code": "AccessDenied"}}, call.operation)
            return ANSWERS.get(call.operation, {})

        monkeypatch.setattr(commands, "stage_of", lambda *_, **__: StageFake())
        monkeypatch.setattr(commands, "subnet_group_of", subnet_group)
        monkeypatch.setattr(commands, "_ask", ask)
        clocked = SimpleNamespace(monotonic=lambda: float(next(clock)), sleep=None)
        monkeypatch.setattr(commands, "time", clocked)
        arguments = ["drill", "restore", "--environment", environment, "--run", "--json"]
        return CliRunner().invoke(app, arguments), asked

    return given


def of_database(steps):
    return [step for step in steps if "kindred-" in step["title"]]


def test_the_database_is_restored_after_the_tables_and_each_step_is_timed(run):
    result, asked = run("staging")

    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert {step["ended"] for step in answer["steps"]} == {"done"}
    assert all(step["seconds"] > 0 for step in answer["steps"])
    assert answer["seconds"] == sum(step["seconds"] for step in answer["steps"])
    titles = [step["title"] for step in of_database(answer["steps"])]
    assert titles == ["Restore database kindred-staging", f"Remove {COPY}"]
    assert of_database(answer["steps"]) == answer["steps"][-2:]
    assert "done in" in result.stderr
    assert [call.operation for call in asked if call.service == "rds"] == [
        "restore_db_cluster_to_point_in_time",
        "describe_db_clusters",
        "delete_db_cluster",
    ]


def test_the_copy_is_where_the_database_is_and_nothing_of_the_original_changes(run):
    _, asked = run("staging")
    restore, *others = [call for call in asked if call.service == "rds"]

    assert restore.parameters["SourceDBClusterIdentifier"] == "kindred-staging"
    assert restore.parameters["DBSubnetGroupName"] == "of kindred-staging in us-east-1"
    assert {call.parameters["DBClusterIdentifier"] for call in (restore, *others)} == {COPY}
    assert {call.region for call in asked} == {"us-east-1"}


def test_on_a_laptop_it_is_said_why_the_database_is_left_out(run):
    result, asked = run("local")

    assert result.exit_code == 0, result.stderr
    database = of_database(json.loads(result.stdout)["steps"])
    assert [step["ended"] for step in database] == ["left out", "left out"]
    assert "left out, an emulator has no counterpart: Restore database kindred-local" in (
        result.stderr
    )
    assert {call.service for call in asked} == {"dynamodb"}


def test_a_database_that_cannot_be_restored_fails_the_drill_and_nothing_is_removed(run):
    result, asked = run("staging", fails="restore_db_cluster_to_point_in_time")

    assert result.exit_code == 1
    assert "Restore database kindred-staging: An error occurred (AccessDenied)" in result.stderr
    assert "delete_db_cluster" not in {call.operation for call in asked}


def test_nothing_is_restored_where_the_database_is_not_found(run):
    def missing(_cluster, *, region):
        assert region == "us-east-1"
        raise ClientError({"Error": {"Code": "DBClusterNotFoundFault"}}, "DescribeDBClusters")

    result, asked = run("staging", subnet_group=missing)

    assert result.exit_code == 1
    assert "DBClusterNotFoundFault" in result.stderr
    assert asked == []


def test_the_subnet_group_is_that_of_the_original(monkeypatch):
    class RdsFake:
        def describe_db_clusters(self, *, DBClusterIdentifier):
            assert DBClusterIdentifier == "kindred-staging"
            return ANSWERS["describe_db_clusters"]

    monkeypatch.setattr(deployed, "boto3", SimpleNamespace(client=lambda *_, **__: RdsFake()))

    assert deployed.subnet_group_of("kindred-staging", region="us-east-1") == "group"
