"""Retraining: no task without a way out, what starts it, what it writes, and what drift raises."""

import json

import pytest

from kindred.drift.detection import ALARMING_SHIFT
from kindred_constructs.drift_alarms import FEATURE_SHIFT
from retraining_functions.retraining_settings import RetrainingSettings, read_settings
from tests.infrastructure.models import (
    DAILY,
    MACHINE,
    MACHINE_ROLE,
    RETRAINING,
    START,
    TRAINING_ROLE,
    retraining,
)

STACK = "SageMakerStack"
PART = f"{STACK}/Retraining"


@pytest.fixture
def states(platform):
    properties = platform.at(f"{PART}/Machine").properties
    text = platform.named(properties["DefinitionString"], stack=STACK)
    return json.loads(text)["States"]


@pytest.fixture
def job(states):
    return states["TrainModel"]["Parameters"]


def told(platform, path):
    variables = platform.at(path).properties["Environment"]["Variables"]
    return {key: platform.named(value, stack=STACK) for key, value in variables.items()}


def tasks(states):
    return {name: state for name, state in states.items() if state["Type"] == "Task"}


def following(state):
    """The states that may come after."""
    catches = [each["Next"] for each in state.get("Catch", [])]
    choices = [each["Next"] for each in state.get("Choices", [])]
    return {*catches, *choices, state.get("Next"), state.get("Default")} - {None}


def test_each_task_tries_again_and_catches_what_remains(states):
    assert len(tasks(states)) > len(MACHINE)
    for name, task in tasks(states).items():
        [retry] = task["Retry"]
        [catch] = task["Catch"]
        assert retry["MaxAttempts"] >= 3, name
        assert retry["BackoffRate"] > 1, name
        assert catch["ErrorEquals"] == ["States.ALL"], name


def test_a_failure_is_told_before_the_run_fails(states):
    for name in {"TrainModel", "QueryTrainingData", *MACHINE}:
        [catch] = states[name]["Catch"]
        assert catch["Next"] in {"TellFailure", "RemoveStaging"}, name
        assert catch["ResultPath"] == "$.error", name
    assert following(states["TellFailure"]) == {"Failed"}


def test_whatever_happens_to_a_staged_model_its_endpoint_goes(states):
    staged = ("StageModel", "CheckStaging", "TestStaging", "SimulateExperiment")

    for name in staged:
        [catch] = states[name]["Catch"]
        assert catch["Next"] == "RemoveStaging"
    assert "RemoveStaging" in following(states["IsRegressionFree"])
    assert states["SimulateExperiment"]["Next"] == "RemoveStaging"


def test_what_an_aborted_run_left_is_waited_for_and_staged_again(states):
    [clearing] = states["IsCleared"]["Choices"]

    assert states["StageModel"]["Next"] == "IsCleared"
    assert (clearing["StringEquals"], clearing["Next"]) == ("clearing", "WaitForClearing")
    assert states["WaitForClearing"]["Next"] == "StageModel"


def test_no_model_is_approved_before_its_tests_have_passed(states):
    into = {name for name, state in states.items() if "ApproveModel" in following(state)}
    [passed] = states["HasPassed"]["Choices"]

    assert into == {"HasPassed"}
    assert (passed["Variable"], passed["BooleanEquals"]) == ("$.removal.passed", True)
    assert states["HasPassed"]["Default"] == "ArchiveModel"


def test_a_model_that_is_not_better_is_archived(states):
    [better] = states["IsBetter"]["Choices"]

    assert (better["Variable"], better["Next"]) == ("$.evaluation.promote", "TellPromotion")
    assert states["IsBetter"]["Default"] == "ArchiveModel"


def test_every_state_is_reached_and_every_way_ends(states):
    reached, waiting = set(), ["Begin"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += following(states[name])
    ends = {name for name, state in states.items() if not following(state)}

    assert reached == states.keys()
    assert {states[name]["Type"] for name in ends} == {"Succeed", "Fail"}


def test_each_functions_answer_is_kept_where_the_next_looks_for_it(states):
    places = {name: states[name]["ResultPath"] for name in MACHINE}

    assert places["PlanTrainingData"] == "$.plan"
    assert places["StageModel"] == places["CheckStaging"] == "$.staging"
    assert places["StartExperiment"] == places["FollowExperiment"] == "$.experiment"
    assert all(place.startswith("$.") for place in places.values())


def test_training_runs_on_spot_from_checkpoints_and_ends(environment, job):
    sizes = environment.sizes.training
    limit = job["StoppingCondition"]

    assert job["EnableManagedSpotTraining"] is True
    assert job["CheckpointConfig"] == {"S3Uri.$": "$.plan.checkpoint_uri"}
    assert limit["MaxRuntimeInSeconds"] == sizes.max_hours * 3600
    assert limit["MaxWaitTimeInSeconds"] >= limit["MaxRuntimeInSeconds"]


def test_training_gets_its_data_the_model_to_learn_on_and_the_one_that_serves(job):
    channels = {
        each["ChannelName"]: each["DataSource"]["S3DataSource"]["S3Uri.$"]
        for each in job["InputDataConfig"]
    }

    assert channels == {
        "interactions": "$.plan.interactions_uri",
        "embeddings": "$.plan.embeddings_uri",
        "serving": "$.plan.serving_uri",
    }


def test_training_is_encrypted_and_reaches_nothing(platform, job):
    assert platform.named(job["OutputDataConfig"]["KmsKeyId"], stack=STACK) == "DataStack/DataKey"
    assert job["ResourceConfig"]["VolumeKmsKeyId"] == "DataStack/DataKey"
    assert job["EnableNetworkIsolation"] is True
    assert job["VpcConfig"]["Subnets"]


def test_figures_are_read_from_the_log_each_by_its_own_name(job):
    import re

    line = "recall_at_10=0.1234; precision_at_10=1e-2; map=0.2; baseline_recall_at_10=0.1111"
    found = {
        each["Name"]: re.findall(each["Regex"], line)
        for each in job["AlgorithmSpecification"]["MetricDefinitions"]
    }

    assert found == {
        "recall_at_10": ["0.1234"],
        "precision_at_10": ["1e-2"],
        "map": ["0.2"],
        "baseline_recall_at_10": ["0.1111"],
    }


@pytest.mark.parametrize("name", RETRAINING)
def test_each_function_is_told_what_its_settings_read(platform, name):
    read = read_settings(told(platform, f"{PART}/Functions/{name}"))

    assert isinstance(read, RetrainingSettings)
    assert read.training_bucket == "DataStack/TrainingBucket"


def test_retraining_starts_weekly_and_when_predictions_drift(environment, platform):
    schedule = platform.at(f"{PART}/StartWeekly").properties
    pattern = platform.at(f"{PART}/PredictionDrift").properties["EventPattern"]
    [alarm] = pattern["detail"]["alarmName"]

    day = environment.retraining.starts_on
    assert schedule["ScheduleExpression"] == f"cron(0 3 ? * {day} *)"
    assert platform.named(schedule["Target"]["Arn"], stack=STACK) == START
    assert platform.named(alarm, stack=STACK) == f"{PART}/Drift/Predictions"
    assert pattern["detail"]["state"] == {"value": ["ALARM"]}
    assert told(platform, START)["COOL_DOWN_HOURS"] == "72"


@pytest.mark.parametrize(
    ("alarm", "metric", "above"),
    [
        pytest.param("Features", "FeatureDriftShift", 0.2, id="inputs: a shift of 20 %"),
        pytest.param("Predictions", "PredictionMaeGrowth", 0.5, id="error: 50 % more"),
    ],
)
def test_drift_raises_an_alarm_that_lasts_until_it_is_measured_again(
    environment, platform, alarm, metric, above
):
    properties = platform.at(f"{PART}/Drift/{alarm}").properties

    namespace = f"Kindred/{environment.slug}"
    assert (properties["Namespace"], properties["MetricName"]) == (namespace, metric)
    assert properties["Dimensions"] == [{"Name": "service", "Value": "detect_drift"}]
    assert (properties["ComparisonOperator"], properties["Threshold"]) == (
        "GreaterThanThreshold",
        above,
    )
    assert properties["TreatMissingData"] == "ignore"


def test_the_alarm_rings_where_drift_is_called_alarming():
    assert FEATURE_SHIFT == ALARMING_SHIFT


@pytest.mark.parametrize("name", DAILY)
def test_features_and_drift_run_daily_and_a_failure_is_kept(platform, name):
    schedule = platform.at(f"{PART}/{name}Daily").properties
    letters = schedule["Target"]["DeadLetterConfig"]["Arn"]

    assert schedule["ScheduleExpression"].endswith("* * ? *)")
    assert platform.named(letters, stack=STACK) == "StreamingStack/Unscheduled"


def test_features_are_kept_online_and_offline_under_our_key(platform):
    group = platform.at("DataStack/AppFeatures").properties
    online, offline = group["OnlineStoreConfig"], group["OfflineStoreConfig"]
    storage = offline["S3StorageConfig"]

    assert online["EnableOnlineStore"] is True
    keys = (online["SecurityConfig"]["KmsKeyId"], storage["KmsKeyId"])
    assert {platform.named(each, stack="DataStack") for each in keys} == {"DataStack/DataKey"}
    uri = platform.named(storage["S3Uri"], stack="DataStack")
    assert uri == "s3://DataStack/TrainingBucket/features"
    assert group["RecordIdentifierFeatureName"] == "app_id"


@pytest.mark.parametrize(
    ("action", "resource", "roles"),
    [
        pytest.param(
            "s3:PutObject",
            "DataStack/EmbeddingsBucket/embeddings/*",
            retraining("ApproveModel"),
            id="embeddings are published: once a model is approved",
        ),
        pytest.param(
            "states:StartExecution",
            f"{PART}/Machine",
            {f"{START}/Role"},
            id="the machine is started: by one function",
        ),
        pytest.param("sns:Publish", f"{PART}/Notices", {MACHINE_ROLE}, id="notices: the machine"),
        pytest.param(
            "s3:PutObject",
            "DataStack/TrainingBucket/drift/*",
            retraining("DetectDrift", "FollowExperiment"),
            id="what drift is measured against: its job, and a model that is promoted",
        ),
        pytest.param(
            "s3:PutObject",
            "DataStack/TrainingBucket/retraining/*",
            {MACHINE_ROLE, TRAINING_ROLE, *retraining("CheckTrainingData", "EvaluateModel")},
            id="a run's data: the query, the job, and what is said of both",
        ),
    ],
)
def test_only_these_roles_may(platform, action, resource, roles):
    assert platform.who_may(action, resource) == roles


def test_who_says_that_a_model_may_serve(environment, platform):
    packages = f"model-package/kindred-{environment.slug}-embeddings/*"
    deciders = {
        each.role
        for each in platform.permissions
        if each.action == "sagemaker:UpdateModelPackage" and each.resource.endswith(packages)
    }

    assert deciders == retraining("ApproveModel", "ArchiveModel", "RetireModel")
