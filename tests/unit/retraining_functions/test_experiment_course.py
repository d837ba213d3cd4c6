"""From the approved package to the old model's retirement, or back to it."""

from __future__ import annotations

import json

import pytest

from retraining_functions import (
    archive_model,
    follow_experiment,
    plan_training_data,
    retire_model,
    start_experiment,
)
from tests.unit.retraining_functions.course import RUN, begun, trained

# Seconds a test, on emulated accounts.
pytestmark = pytest.mark.slow

ITS_ID = f"embedding_v2_vs_v3_{RUN.lower()}"


def passed(platform, candidate):
    """A run whose model has passed staging."""
    return trained(platform, candidate) | {"removal": {"passed": True, "reason": "it is good"}}


@pytest.fixture
def approved(platform, candidate, experiment):
    experiment.put(status="completed", v1_weight=0, v2_weight=1, winner="v2", revision=4)
    return passed(platform, candidate)


@pytest.fixture
def started(approved):
    approved["experiment"] = start_experiment.handler(approved, None)
    return approved


def follow(state):
    state["experiment"] = follow_experiment.handler(state, None)
    return state["experiment"]


def set_experiment(platform, expression, *, its_id=ITS_ID, **values):
    names = {"ExpressionAttributeNames": {"#status": "status"}} if "#status" in expression else {}
    platform.dynamodb.update_item(
        TableName="ab_experiments",
        Key={"experiment_id": {"S": its_id}},
        UpdateExpression=expression,
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
        **names,
    )


def test_the_candidate_gets_a_tenth_beside_what_serves(started, experiment):
    record = experiment.read(ITS_ID)

    assert started["experiment"]["outcome"] == "started"
    assert (record["control"], record["treatment"]) == ("v2", "v3")
    assert (record["v2_weight"], record["v3_weight"]) == (0.9, 0.1)
    assert (record["status"], record["ladder"], record["run_id"]) == ("active", "halves", RUN)
    assert experiment.read("embedding_v1_vs_v2")["succeeded_by"] == ITS_ID


def test_starting_twice_starts_one_experiment(started, experiment):
    before = experiment.read(ITS_ID)

    again = start_experiment.handler(started, None)

    assert again == started["experiment"]
    assert experiment.read(ITS_ID) == before


def test_an_experiment_that_goes_on_is_waited_for(platform, approved, experiment):
    experiment.put(status="active", v1_weight=0.5, v2_weight=0.5, revision=5)

    waiting = start_experiment.handler(approved, None)

    assert waiting["outcome"] == "waiting"
    assert "v1 against v2 has not ended" in waiting["reason"]
    assert waiting["wait_seconds"] == 300
    assert "succeeded_by" not in experiment.read("embedding_v1_vs_v2")


def test_looks_come_less_often_once_a_candidate_was_watched(platform, started):
    waits = [follow(started)["wait_seconds"] for _ in range(53)]

    hourly = 3600 * 5 / 60
    assert waits[:47] == [hourly] * 47
    assert [wait / hourly for wait in waits[47:]] == [2, 4, 6, 6, 6, 6]


def test_an_experiment_of_others_is_asked_for_less_often_in_time(platform, approved, experiment):
    experiment.put(status="active", v1_weight=0.5, v2_weight=0.5, revision=5)
    approved["experiment"] = {"outcome": "waiting", "looks": 60}

    assert start_experiment.handler(approved, None)["wait_seconds"] == 6 * 300


def test_where_nothing_was_ever_compared_the_first_model_serves(platform, candidate, experiment):
    state = passed(platform, candidate)

    start_experiment.handler(state, None)

    assert experiment.read(f"embedding_v1_vs_v3_{RUN.lower()}")["control"] == "v1"


def test_news_are_told_once(platform, started):
    first = follow(started)
    set_experiment(platform, "SET v2_weight = :w, v3_weight = :w", w={"N": "0.5"})
    second, third = follow(started), follow(started)

    assert (first["outcome"], first["changed"]) == ("following", False)
    assert (second["changed"], third["changed"]) == (True, False)
    assert "v3 gets 50" in second["reason"]


def test_a_winner_is_promoted_and_drift_measured_against_its_data(platform, started):
    set_experiment(
        platform, "SET #status = :done, winner = :v3", done={"S": "completed"}, v3={"S": "v3"}
    )

    promoted = follow(started)

    reference = platform.s3.get_object(Bucket="training", Key="drift/reference.json")["Body"].read()
    assert promoted["outcome"] == "promoted"
    assert promoted["wait_seconds"] == 30 * 86_400 * 5 / 60
    assert RUN in json.loads(reference)["source"]


@pytest.mark.parametrize("stage", ["rolled_back", "no_winner", "blocked"])
def test_who_does_not_win_leaves_everybody_on_the_old_model(platform, started, experiment, stage):
    set_experiment(
        platform,
        "SET shift_stage = :stage, shift_reason = :why",
        stage={"S": stage},
        why={"S": "v3 did worse"},
    )

    rolled_back, again = follow(started), follow(started)
    archived = archive_model.handler(started, None)

    record = experiment.read(ITS_ID)
    assert rolled_back["outcome"] == again["outcome"] == "rolled_back"
    assert (record["status"], record["winner"], record["v2_weight"]) == ("completed", "v2", 1.0)
    assert record["revision"] == 2
    assert "v2 gets everything" in archived["reason"]


def test_the_old_model_is_retired_once_another_serves(platform, started):
    set_experiment(
        platform, "SET #status = :done, winner = :v3", done={"S": "completed"}, v3={"S": "v3"}
    )

    retired = [retire_model.handler(started, None) for _ in range(2)]

    outcome = platform.dynamodb.get_item(
        TableName="retraining", Key={"record_id": {"S": f"run#{RUN}"}}
    )["Item"]["outcome"]["S"]
    package = platform.sagemaker.describe_model_package(
        ModelPackageName=started["package"]["model_package_arn"]
    )
    assert retired[0] == retired[1]
    assert retired[0]["retired"] is True
    assert outcome == "retired"
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_the_model_after_the_next_meets_the_next_and_replaces_it(platform, started, experiment):
    v3_package = started["package"]["model_package_arn"]
    platform.sagemaker.update_model_package(
        ModelPackageArn=v3_package, ModelApprovalStatus="Approved"
    )
    set_experiment(
        platform, "SET #status = :done, winner = :v3", done={"S": "completed"}, v3={"S": "v3"}
    )
    state = begun("weekly-2026-W52")
    state["plan"] = plan_training_data.handler(state, None)

    outcome = start_experiment.handler(state, None)["outcome"]
    its_id = experiment.read(ITS_ID)["succeeded_by"]
    record = experiment.read(its_id)
    early = retire_model.handler(state, None)
    won = {"done": {"S": "completed"}, "v4": {"S": "v4"}}
    set_experiment(platform, "SET #status = :done, winner = :v4", its_id=its_id, **won)
    retired = retire_model.handler(state, None)

    package = platform.sagemaker.describe_model_package(ModelPackageName=v3_package)
    assert outcome == "started"
    assert its_id == "embedding_v3_vs_v4_weekly-2026-w52"
    assert (record["v3_weight"], record["v4_weight"]) == (0.9, 0.1)
    assert (early["retired"], retired["retired"]) == (False, True)
    assert retired["reason"] == "v4 has replaced v3"
    assert package["ModelApprovalStatus"] == "Rejected"


def test_the_way_from_the_first_experiment_stays_short_however_many_follow(started, experiment):
    ids = [ITS_ID]
    for number in range(4, 9):
        last = experiment.read(ids[-1])
        won = {"status": "completed", "winner": last["treatment"], "revision": number}
        experiment.put(**last | won)
        state = begun(f"run-{number}")
        state["plan"] = plan_training_data.handler(state, None)
        assert start_experiment.handler(state, None)["outcome"] == "started"
        ids.append(f"embedding_v{number - 1}_vs_v{number}_run-{number}")

    assert experiment.read("embedding_v1_vs_v2")["succeeded_by"] == ids[-2]
    assert experiment.read(ids[-2])["succeeded_by"] == ids[-1]
    assert experiment.read(ids[-1])["treatment"] == "v8"


def test_a_model_that_serves_again_is_not_retired(platform, started):
    set_experiment(
        platform, "SET #status = :done, winner = :v2", done={"S": "completed"}, v2={"S": "v2"}
    )

    kept = retire_model.handler(started, None)

    assert kept["retired"] is False
    assert "v2 serves people" in kept["reason"]
