"""What a failover does and in which order, and that every call is one that AWS takes."""

import botocore.session
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.validate import ParamValidator
from typer.testing import CliRunner

from ops.cli import app
from ops.drill.deployed import sketched
from ops.drill.failing_over import failback, failover
from ops.drill.restoring import restore_database, restore_table
from stacks.environment_file import load_environment

PROD, EXTREME = (load_environment(name) for name in ("prod", "extreme"))


def calls(steps):
    for step in steps:
        yield from (each for each in (step.call, step.until and step.until.call) if each)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(failover(sketched(PROD), planned=False), id="failover"),
        pytest.param(failover(sketched(PROD), planned=True), id="planned"),
        pytest.param(failback(sketched(EXTREME)), id="failback"),
        pytest.param(restore_table("some-table", region="us-east-1"), id="restore a table"),
        pytest.param(
            restore_database("kindred-prod", subnet_group="group", region="us-east-1"),
            id="restore the database",
        ),
    ],
)
def test_each_call_is_one_that_aws_takes(steps):
    session = botocore.session.get_session()

    for call in calls(steps):
        model = session.get_service_model(call.service)
        name = "".join(word.title() for word in call.operation.split("_"))
        known = {each.lower(): each for each in model.operation_names}
        operation = model.operation_model(known[name.lower()])
        report = ParamValidator().validate(dict(call.parameters), operation.input_shape)
        assert not report.has_errors(), report.generate_report()


def test_nothing_of_a_failover_is_asked_of_the_region_that_is_lost():
    steps = failover(sketched(PROD), planned=False)

    assert {call.region for call in calls(steps)} == {PROD.recovery.region}


def test_clients_are_sent_only_to_where_the_database_writes_and_tasks_run():
    titles = [step.title for step in failover(sketched(PROD), planned=False)]

    def place(word):
        return next(at for at, title in enumerate(titles) if word in title)

    assert place("Declare") < place("database") < place("Send clients")
    assert place("run 6 tasks") < place("Send clients") < place("Make it last")


def test_only_a_failover_that_was_not_planned_may_lose_data():
    def allows_loss(*, planned):
        steps = failover(sketched(PROD), planned=planned)
        return [call.parameters.get("AllowDataLoss") for call in calls(steps)].count(True)

    assert allows_loss(planned=False) == 1
    assert allows_loss(planned=True) == 0
    assert not [each for each in calls(failback(sketched(PROD))) if "failover" in each.operation]


@pytest.mark.parametrize(
    ("steps", "region"),
    [
        pytest.param(failover(sketched(PROD), planned=True), PROD.regions[0], id="there"),
        pytest.param(failback(sketched(PROD)), PROD.recovery.region, id="and back"),
    ],
)
def test_writers_that_are_well_change_at_the_word_of_the_one_that_writes(steps, region):
    [switch] = [each for each in calls(steps) if each.operation == "switchover_global_cluster"]

    assert switch.region == region


def test_the_first_region_writes_again_only_after_it_has_followed():
    first, *_, declared, similarity, _, _, _ = failback(sketched(PROD))

    assert first.until.wanted == "connected"
    assert PROD.regions[0] in first.until.expression
    assert declared.call.parameters["MetricData"][0]["Value"] == 0.0
    assert similarity.call.parameters["MinCapacity"] == 1


def test_the_second_region_grows_to_what_the_first_one_runs():
    grown = {
        call.parameters["MinCapacity"]
        for call in calls(failover(sketched(EXTREME), planned=False))
        if call.operation == "register_scalable_target"
    }

    sizes = EXTREME.sizes.services
    each = (sizes.similarity, sizes.prediction, sizes.experiments)
    assert grown == {size.min_tasks for size in each}


def test_a_restore_touches_nothing_but_its_own_copy():
    restore, _, remove = restore_table("counters", region=None)

    assert restore.call.parameters["TargetTableName"] == "counters-drill"
    assert remove.call.parameters == {"TableName": "counters-drill"}


def test_a_restored_database_is_another_one_and_it_alone_is_removed():
    restore, remove = restore_database("kindred-prod", subnet_group="group", region="us-east-1")

    assert restore.call.parameters["DBClusterIdentifier"] == "kindred-prod-drill"
    assert remove.call.parameters["DBClusterIdentifier"] == "kindred-prod-drill"


def test_a_restore_is_printed_of_tables_and_the_database():
    printed = CliRunner().invoke(app, ["drill", "restore", "--environment", "prod"])

    assert printed.exit_code == 0
    assert "aws dynamodb restore-table-to-point-in-time --region us-east-1" in printed.stdout
    assert 'SourceDBClusterIdentifier":"kindred-prod"' in printed.stdout


def test_a_restore_in_an_environment_of_several_regions_is_of_the_first(monkeypatch):
    several = PROD.model_copy(update={"regions": ("us-east-1", "eu-west-1")})
    asked = []
    for module in ("ops.drill.commands", "stacks.environment_file"):
        monkeypatch.setattr(f"{module}.load_environment", lambda _: several)

    def client(service, *, region_name):
        asked.append((service, region_name))
        raise NoCredentialsError

    monkeypatch.setattr("boto3.client", client)

    CliRunner().invoke(app, ["drill", "restore", "--environment", "prod", "--run"])

    assert asked == [("cloudformation", "us-east-1")]


def test_steps_are_printed_without_an_account():
    printed = CliRunner().invoke(app, ["drill", "failover", "--environment", "prod"])

    assert printed.exit_code == 0
    assert "aws rds failover-global-cluster --region us-west-2" in printed.stdout


def test_an_environment_without_a_second_region_says_what_it_has():
    refused = CliRunner().invoke(app, ["drill", "failover", "--environment", "staging"])

    assert refused.exit_code == 1
    assert "staging recovers by backup_and_restore: no region stands by" in refused.stderr
