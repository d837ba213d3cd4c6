"""An operator sees and sets the experiment, and overwrites nobody else's change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from click.testing import Result
from moto import mock_aws
from typer.testing import CliRunner

from kindred.experiments.embedding_experiment import InvalidExperiment
from kindred_aws.experiment_table import ExperimentTable
from ops import experiment
from ops.cli import app
from ops.experiment_record import (
    EXPERIMENT_ID,
    Change,
    ExperimentChanged,
    changed,
    read_record,
    write_record,
)
from ops.local.experiment_seed import seed_experiment

TABLE = "ab_experiments"


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "experiment_id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "experiment_id", "KeyType": "HASH"}],
        )
        monkeypatch.setattr(experiment, "_table", lambda *_: (client, TABLE))
        yield client


def run(*arguments: str) -> Result:
    verb, *options = arguments
    return CliRunner().invoke(app, ["experiment", verb, "--environment", "dev", *options])


def record(dynamodb: Any) -> Any:
    return read_record(dynamodb, table=TABLE)


def test_a_new_experiment_gives_each_model_half(dynamodb: Any) -> None:
    answer = json.loads(run("set", "--json").stdout)

    assert (answer["status"], answer["v1_weight"], answer["revision"]) == ("active", 0.5, 1)
    assert ExperimentTable(dynamodb, table_name=TABLE).embedding_experiment(EXPERIMENT_ID)


def test_only_what_is_given_changes(dynamodb: Any) -> None:
    seed_experiment(dynamodb, table=TABLE)
    dynamodb.update_item(
        TableName=TABLE,
        Key={"experiment_id": {"S": EXPERIMENT_ID}},
        UpdateExpression="SET note = :note",
        ExpressionAttributeValues={":note": {"S": "of another tool"}},
    )

    assert run("set", "--control-weight", "0.07").exit_code == 0

    after = record(dynamodb)
    assert (after["v1_weight"], after["v2_weight"]) == (Decimal("0.07"), Decimal("0.93"))
    assert (after["status"], after["note"], after["revision"]) == ("active", "of another tool", 2)


def test_what_is_so_already_is_not_written_again(dynamodb: Any) -> None:
    seed_experiment(dynamodb, table=TABLE)

    assert run("set", "--control-weight", "0.50").exit_code == 0

    assert record(dynamodb)["revision"] == 1


def test_an_experiment_taken_up_again_has_no_winner(dynamodb: Any) -> None:
    seed_experiment(dynamodb, table=TABLE)

    assert run("set", "--status", "completed", "--winner", "v2").exit_code == 0
    assert record(dynamodb)["winner"] == "v2"
    assert run("set", "--status", "active").exit_code == 0
    assert "winner" not in record(dynamodb)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(Change(control_weight=Decimal("0.005")), "steps of 0.01", id="half a bucket"),
        pytest.param(
            Change(control_weight=Decimal(-1)), "given -1.0, allowed 0 to 1", id="below none"
        ),
        pytest.param(Change(status="completed"), "allowed v1, v2", id="nobody won"),
        pytest.param(Change(winner="v1"), "allowed none while status is active", id="not over"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: Change, message: str) -> None:
    with pytest.raises(InvalidExperiment, match=message):
        changed(None, change)


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        pytest.param("v0", 2, "given v0, allowed v1, v2, ... v999", id="no version"),
        pytest.param("V2", 2, "given V2, allowed v1, v2, ... v999", id="spelt otherwise"),
        pytest.param("v4", 1, "winner: given 'v4', allowed v1, v2", id="of another experiment"),
    ],
)
def test_a_winner_is_one_of_the_two_models(
    dynamodb: Any, given: str, status: int, message: str
) -> None:
    seed_experiment(dynamodb, table=TABLE)

    refused = run("set", "--status", "completed", "--winner", given)

    assert refused.exit_code == status
    assert message in " ".join(refused.stderr.replace("│", " ").split())
    assert "winner" not in record(dynamodb)


@pytest.mark.parametrize("given", ["2", "nan", "infinity", "half"])
def test_a_weight_that_is_no_share_is_a_wrong_command(dynamodb: Any, given: str) -> None:
    result = run("set", "--control-weight", given)

    assert result.exit_code == 2
    assert record(dynamodb) is None


def test_a_wrong_status_is_a_wrong_command(dynamodb: Any) -> None:
    assert run("set", "--status", "paused").exit_code == 2


@pytest.mark.parametrize("edited", ["v1_weight", "revision"])
def test_two_operators_do_not_overwrite_each_other(dynamodb: Any, edited: str) -> None:
    seed_experiment(dynamodb, table=TABLE)
    before = record(dynamodb)
    dynamodb.update_item(
        TableName=TABLE,
        Key={"experiment_id": {"S": EXPERIMENT_ID}},
        UpdateExpression=f"SET {edited} = :other",
        ExpressionAttributeValues={":other": {"N": "0.9"}},
    )

    after = changed(before, Change(status="stopped"))
    with pytest.raises(ExperimentChanged):
        write_record(dynamodb, table=TABLE, before=before, after=after)

    assert record(dynamodb)["status"] == "active"


def test_a_decision_on_an_older_revision_is_refused(dynamodb: Any) -> None:
    seed_experiment(dynamodb, table=TABLE)
    run("set", "--control-weight", "0.2")

    result = run("set", "--status", "stopped", "--revision", "1")

    assert result.exit_code == 1
    assert "given 1, the experiment is at 2 by now" in result.stderr
    assert run("set", "--status", "stopped", "--revision", "2").exit_code == 0


def test_a_platforms_start_leaves_an_experiment_alone(dynamodb: Any) -> None:
    assert seed_experiment(dynamodb, table=TABLE)
    run("set", "--status", "stopped")

    assert not seed_experiment(dynamodb, table=TABLE)

    assert record(dynamodb)["status"] == "stopped"


def test_a_record_that_cannot_be_obeyed_is_shown_and_said_and_can_be_mended(dynamodb: Any) -> None:
    item = {"experiment_id": {"S": EXPERIMENT_ID}, "status": {"S": "active"}}
    dynamodb.put_item(TableName=TABLE, Item={**item, "v1_weight": {"S": "half"}})

    shown = run("show")
    assert shown.exit_code == 1
    assert "half" in shown.stdout
    assert "v1_weight: given half" in shown.stderr
    assert run("set", "--control-weight", "0.5").exit_code == 0
    assert run("show").exit_code == 0


def test_no_record_is_said_with_what_it_means(dynamodb: Any) -> None:
    result = run("show")

    assert result.exit_code == 1
    assert "everybody gets v1" in result.stderr


def test_an_environment_that_no_file_describes_is_refused() -> None:
    result = CliRunner().invoke(app, ["experiment", "show", "--environment", "prdo"])

    assert result.exit_code == 1
    assert "given 'prdo', allowed dev" in result.stderr
