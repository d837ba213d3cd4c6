"""Runs of retraining: how long one may take, and who hears of one that ended without a word."""

import json

import pytest

STACK = "SageMakerStack"
PART = f"{STACK}/Retraining"


@pytest.mark.parametrize(
    ("alarm", "metric"),
    [
        pytest.param("Failed", "ExecutionsFailed", id="a run that failed"),
        pytest.param("TimedOut", "ExecutionsTimedOut", id="a run that took too long"),
        pytest.param("Aborted", "ExecutionsAborted", id="a run that was stopped"),
    ],
)
def test_a_run_that_ends_without_a_word_raises_an_alarm(platform, alarm, metric):
    properties = platform.at(f"{PART}/Runs/{alarm}").properties
    [machine] = properties["Dimensions"]
    [action] = properties["AlarmActions"]

    assert (properties["Namespace"], properties["MetricName"]) == ("AWS/States", metric)
    assert platform.named(machine["Value"], stack=STACK) == f"{PART}/Machine"
    assert platform.named(action, stack=STACK) == "NetworkStack/Alarms/Warning"
    assert (properties["Threshold"], properties["TreatMissingData"]) == (1, "notBreaching")


def test_a_run_may_wait_for_an_experiment_have_its_own_and_keep_the_old_model(
    environment, platform
):
    text = platform.named(
        platform.at(f"{PART}/Machine").properties["DefinitionString"], stack=STACK
    )
    retire = environment.retraining.retire_after_days
    training = 2 * environment.sizes.training.max_hours / 24

    days = json.loads(text)["TimeoutSeconds"] / 86_400
    assert 90 + 90 + retire + training < days <= 365


def test_five_million_interactions_can_be_counted(platform):
    properties = platform.at(f"{PART}/Functions/CheckTrainingData").properties

    assert (properties["Timeout"], properties["MemorySize"]) == (900, 3072)
