"""Retraining from clicks to a model that serves everybody, as the README walks through it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from kindred.experiments.bucketing import Arm
from kindred.experiments.embedding_experiment import EmbeddingExperiment
from kindred.retraining.run_names import drift_run_id
from tests.local.local_platform import LocalPlatform, wait_until
from tests.local.retraining_walk import ExperimentKept, RetrainingWalk, unit_of

pytestmark = pytest.mark.slow

REQUESTS = 1_500
OUTCOMES = 110
UNITS = range(1, 21)
PATHS = ("api/v1/find-similar", "api/v1/predict")


@dataclass(frozen=True)
class Started:
    """A run whose model has come to a tenth of the traffic, and what was said on the way."""

    walk: RetrainingWalk
    run: str
    replayed: str
    said: str
    fed: dict[str, Any]


@dataclass(frozen=True)
class Promoted:
    walk: RetrainingWalk
    run: str
    days: list[str]


@pytest.fixture(scope="module")
def started(platform: LocalPlatform) -> Iterator[Started]:
    walk, before = RetrainingWalk(platform), ExperimentKept.now(platform)
    try:
        platform.operate("experiment", "set", "--status", "completed", "--winner", "v2")
        with ThreadPoolExecutor() as pool:
            told = pool.submit(walk.tell_performances, OUTCOMES, error=0.01)
            replayed = walk.kindred("replay", "--requests", str(REQUESTS))
            told.result()
            run = walk.kindred("start").strip()
            fed = pool.submit(walk.daily, "FeedFeaturesFunctionName")
            said = walk.kindred("watch", run, "--until", "WaitForTraffic")
            yield Started(walk, run, replayed, said, fed.result())
    finally:
        before.put_back()


@pytest.fixture(scope="module")
def promoted(started: Started) -> Promoted:
    """The days of the experiment are over, and the machine has seen it."""
    days = started.walk.kindred("days").splitlines()
    started.walk.kindred("watch", started.run, "--until", "WaitBeforeRetiring")
    return Promoted(started.walk, started.run, days)


def test_a_model_learned_from_clicks_comes_to_a_tenth_of_the_traffic(started: Started) -> None:
    lines = [line.strip() for line in started.said.splitlines()]
    tasks = {line.split()[1].rstrip(":"): line for line in lines if line[:2].isdigit()}

    assert f"{REQUESTS:,} requests" in started.replayed
    # What other tests asked of the platform lies in the lake as well.
    assert _number_of("interactions", tasks["CheckTrainingData"]) >= REQUESTS
    assert "more than 3 %" in tasks["EvaluateModel"]
    assert {line.split()[0] for line in lines if " v3 0." in line} == {
        "recall@10",
        "precision@10",
        "MAP",
    }
    assert "100 of 100 golden queries" in tasks["TestStaging"]
    assert "above the control" in tasks["SimulateExperiment"]
    assert "v3 gets a tenth of the traffic of v2" in tasks["StartExperiment"]


def test_what_was_trained_is_registered_with_where_it_came_from(started: Started) -> None:
    sagemaker = started.walk.platform.aws("sagemaker")
    group = started.walk.platform.outputs["ModelPackageGroupName"]
    [newest, *_] = sagemaker.list_model_packages(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
    )["ModelPackageSummaryList"]
    package = sagemaker.describe_model_package(ModelPackageName=newest["ModelPackageArn"])
    lineage = package["CustomerMetadataProperties"]
    job = sagemaker.describe_training_job(
        TrainingJobName=lineage["training_job_arn"].rpartition("/")[2]
    )

    assert package["ModelApprovalStatus"] == "Approved"
    assert lineage["run_id"] == started.run
    assert float(lineage["recall_at_10"]) > 1.03 * float(lineage["baseline_recall_at_10"])
    assert job["EnableManagedSpotTraining"]
    measured = {each["MetricName"]: each["Value"] for each in job["FinalMetricDataList"]}
    assert measured["recall_at_10"] == pytest.approx(float(lineage["recall_at_10"]), abs=1e-4)


def test_services_answer_its_units_with_the_new_model(started: Started) -> None:
    experiment = EmbeddingExperiment(
        experiment_id="", status="active", control_weight=0.9, control="v2", treatment="v3"
    )
    arms = {number: experiment.assign(**unit_of(number), remembered=None) for number in UNITS}
    assert set(arms.values()) == {"v2", "v3"}

    for path in PATHS:
        # Each task looks for changes, and loads the model, in its own time.
        wait_until(_answered(started.walk, path, arms))
        for number, (_, version) in started.walk.ask(path, UNITS).items():
            assert version.startswith(f"{arms[number]}-")


def test_features_are_where_services_and_athena_read_them(started: Started) -> None:
    outputs = started.walk.platform.outputs
    group = started.walk.platform.aws("sagemaker").describe_feature_group(
        FeatureGroupName=outputs["FeatureGroupName"]
    )
    offline = group["OfflineStoreConfig"]["DataCatalogConfig"]
    table = f'"{offline["Database"]}"."{offline["TableName"]}"'

    [(apps,)] = started.walk.lake.rows(f"SELECT count(DISTINCT app_id) FROM {table}")  # noqa: S608
    [(app_id, category, rate)] = started.walk.lake.rows(
        f"SELECT app_id, category, historical_ctr FROM {table} "  # noqa: S608
        "WHERE historical_ctr IS NOT NULL LIMIT 1"
    )
    record = started.walk.platform.aws("sagemaker-featurestore-runtime").get_record(
        FeatureGroupName=outputs["FeatureGroupName"], RecordIdentifierValueAsString=app_id
    )["Record"]
    online = {each["FeatureName"]: each["ValueAsString"] for each in record}

    assert started.fed["left"] == 0
    assert int(apps or 0) == started.fed["apps"]
    assert online["category"] == category
    assert float(online["historical_ctr"]) == pytest.approx(float(rate or 0))


def test_the_days_of_its_experiment_take_it_to_everybody(promoted: Promoted) -> None:
    *days, stage = promoted.days

    assert stage == "promoted"
    shares = ["v3 now gets 50 %", "stable for 1 of 3 days", "stable for 2", "gets everything"]
    for day, share in zip(days[-4:], shares, strict=True):
        assert share in day
    for path in PATHS:
        wait_until(_answered(promoted.walk, path, dict.fromkeys(UNITS, "v3")))


def test_predictions_that_drift_start_one_retraining(promoted: Promoted) -> None:
    walk = promoted.walk
    alarm, cloudwatch = _prediction_alarm(walk), walk.platform.aws("cloudwatch")
    calm = walk.daily("DetectDriftFunctionName")
    walk.tell_performances(OUTCOMES, error=0.5)

    drifted = walk.daily("DetectDriftFunctionName")
    wait_until(lambda: len(walk.runs("drift-")) == 1)
    [run] = walk.runs("drift-")
    # What it would make of the same clicks is of no matter here, and takes a while.
    walk.stop(run)
    # A run has its name from its alarm's second.
    wait_until(lambda: drift_run_id(datetime.now(UTC)) != run)
    # The alarm goes off again for the same drift, within the cool-down.
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")
    walk.daily("DetectDriftFunctionName")
    wait_until(
        lambda: "has started a run within" in walk.logged("StartRetrainingFunctionName"), seconds=90
    )

    assert promoted.run in calm["reference"]
    assert drifted["prediction_mae_growth"] > 0.5 > calm["prediction_mae_growth"]
    assert walk.runs("drift-") == [run]


def test_the_replaced_model_retires_and_the_run_is_over(promoted: Promoted) -> None:
    wait_until(lambda: promoted.walk.execution(promoted.run)["status"] != "RUNNING", seconds=60)

    ended = promoted.walk.execution(promoted.run)
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["retirement"]["retired"]


def _answered(walk: RetrainingWalk, path: str, arms: dict[int, Arm]) -> Callable[[], bool]:
    """Whether every unit is answered with the model of its arm."""
    return lambda: {unit: arm for unit, (arm, _) in walk.ask(path, arms).items()} == arms


def _number_of(what: str, line: str) -> int:
    """Of `CheckTrainingData: 1,501 interactions with 1,085 clicks` the 1,501."""
    return int(line.partition(f" {what}")[0].split()[-1].replace(",", ""))


def _prediction_alarm(walk: RetrainingWalk) -> str:
    [alarm] = walk.platform.aws("cloudwatch").describe_alarms_for_metric(
        MetricName="PredictionMaeGrowth",
        Namespace="Kindred/local",
        Dimensions=[{"Name": "service", "Value": "detect_drift"}],
    )["MetricAlarms"]
    name: str = alarm["AlarmName"]
    return name
