"""From the plan to the registered package, each function given the machine's state."""

from __future__ import annotations

import hashlib
import json

import pytest

from kindred.similarity.manifest import CorruptArtefact
from retraining_functions import (
    archive_model,
    check_training_data,
    evaluate_model,
    plan_training_data,
    register_model,
)
from tests.unit.retraining_functions.course import (
    METRICS,
    RUN,
    begun,
    put_interactions,
    put_model,
    trained,
)

# Seconds a test, on emulated accounts.
pytestmark = pytest.mark.slow


def test_a_plan_names_everything_after_the_run(platform):
    plan = plan_training_data.handler(begun(), None)

    assert plan["ready"] is True
    assert plan["training_job_name"] == f"kindred-local-{RUN}"
    assert (plan["baseline_version"], plan["candidate_version"]) == ("v2", "v3")
    assert plan["embeddings_uri"] == "s3://embeddings/embeddings/v2/"
    assert plan["serving_uri"] == "s3://embeddings/embeddings/v2/"
    assert f"TO 's3://training/retraining/{RUN}/interactions/'" in plan["query"]
    assert '"sagemaker_featurestore"."app_features_1"' in plan["query"]
    assert "2026-10-22T03:00:00.123000+00:00" in plan["query"]
    assert 32 <= len(plan["client_request_token"]) <= 128


def test_v4_is_learned_on_v2_and_compared_with_v3_that_serves(platform, experiment):
    experiment.put(
        status="completed", control="v2", treatment="v3", winner="v3", v2_weight=0, v3_weight=1
    )

    plan = plan_training_data.handler(begun(), None)

    assert (plan["baseline_version"], plan["candidate_version"]) == ("v3", "v4")
    assert plan["embeddings_uri"] == "s3://embeddings/embeddings/v2/"
    assert plan["serving_uri"] == "s3://embeddings/embeddings/v3/"


def test_a_plan_is_the_same_however_often_it_is_made(platform):
    assert plan_training_data.handler(begun(), None) == plan_training_data.handler(begun(), None)


def test_nothing_is_planned_while_a_candidate_meets_people(platform, experiment):
    experiment.put(
        status="active", control="v2", treatment="v3", v2_weight=0.9, v3_weight=0.1, run_id="other"
    )

    plan = plan_training_data.handler(begun(), None)

    assert plan["ready"] is False
    assert "v2 against v3 has not ended" in plan["notice"]["message"]


@pytest.mark.parametrize("run_id", ["", "a b", "../x", "x" * 60])
def test_a_run_that_nothing_can_be_named_after_is_refused(platform, run_id):
    with pytest.raises(ValueError, match="run_id: given"):
        plan_training_data.handler(begun(run_id), None)


def checked(platform, **interactions):
    state = begun()
    state["plan"] = plan_training_data.handler(state, None)
    put_interactions(platform, state, **interactions)
    return check_training_data.handler(state, None)


def test_data_is_counted_and_checksummed_file_by_file(platform):
    data = checked(platform)

    text = platform.s3.get_object(Bucket="training", Key=data["manifest_key"])["Body"].read()
    [file] = json.loads(text)["files"]
    body = platform.s3.get_object(Bucket="training", Key=file["key"])["Body"].read()
    assert (data["enough"], data["interactions"], data["clicks"]) == (True, 5, 5)
    assert file["sha256"] == hashlib.sha256(body).hexdigest()
    assert file["bytes"] == len(body)
    assert data["manifest_sha256"] == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize(
    "interactions",
    [
        pytest.param({"count": 2}, id="too few"),
        pytest.param({"clicks": 0}, id="without a click"),
        pytest.param({"of_ten": 5}, id="lists of ten"),
        pytest.param({"of_ten": 3}, id="too few lists longer than ten"),
    ],
)
def test_too_little_data_ends_the_run_and_says_so(platform, interactions):
    data = checked(platform, **interactions)

    assert data["enough"] is False
    assert "not enough" in data["notice"]["subject"]


def test_lists_longer_than_ten_are_what_is_asked_for(platform):
    few, enough = (checked(platform, count=9, of_ten=of_ten) for of_ten in (7, 6))

    assert (few["enough"], few["interactions"], few["measurable"]) == (False, 9, 2)
    assert "2 of 9 lists are longer than 10; at least 3 such lists" in few["notice"]["message"]
    assert (enough["enough"], enough["interactions"], enough["measurable"]) == (True, 9, 3)


def test_a_months_distributions_are_kept_beside_the_data(platform):
    platform.lake.answers = {
        "json_array_length": [
            ("category", "games", 7),
            ("category", None, 2),
            ("rating", "4.5", 3),
        ],
        "avg(abs": [("0.25", "120")],
    }

    data = checked(platform)

    kept = platform.s3.get_object(Bucket="training", Key=data["reference_key"])["Body"].read()
    reference = json.loads(kept)
    assert reference["categories"]["category"] == {"games": 7, "": 2}
    assert reference["measures"]["rating"] == [[4.5, 3]]
    assert reference["error"] == {"mae": 0.25, "outcomes": 120}


def test_a_better_model_is_registered_with_where_it_came_from(platform, candidate):
    state = trained(platform, candidate)

    package = platform.sagemaker.describe_model_package(
        ModelPackageName=state["package"]["model_package_arn"]
    )
    lineage = package["CustomerMetadataProperties"]
    assert state["evaluation"]["promote"] is True
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert lineage["training_job_arn"] == state["training"]["TrainingJobArn"]
    assert lineage["dataset_manifest_sha256"] == state["data"]["manifest_sha256"]
    assert lineage["model_data_sha256"] == state["evaluation"]["model_data_sha256"]
    assert lineage["code_version"] == "abcdef"
    assert lineage["recall_at_10"] == "0.250000"


def test_a_model_that_is_not_better_is_archived_with_its_metrics(platform, candidate):
    state = trained(platform, candidate, {**METRICS, "recall_at_10": 0.206})

    archived = [archive_model.handler(state, None) for _ in range(2)]

    record = platform.dynamodb.get_item(
        TableName="retraining", Key={"record_id": {"S": f"run#{RUN}"}}
    )["Item"]
    package = platform.sagemaker.describe_model_package(
        ModelPackageName=state["package"]["model_package_arn"]
    )
    assert state["evaluation"]["promote"] is False
    assert archived[0] == archived[1]
    assert record["outcome"]["S"] == "archived"
    assert json.loads(record["said"]["S"])["metrics"]["recall_at_10"] == 0.206
    assert package["ModelApprovalStatus"] == "Rejected"


def test_a_run_that_is_repeated_registers_one_package(platform, candidate):
    state = trained(platform, candidate)

    again = register_model.handler(state, None)

    assert again == state["package"]
    packages = platform.sagemaker.list_model_packages(
        ModelPackageGroupName="kindred-local-embeddings"
    )["ModelPackageSummaryList"]
    assert len(packages) == 1


def test_a_model_of_another_version_than_planned_is_refused(platform, baseline):
    state = begun()
    state["plan"] = plan_training_data.handler(state, None)
    put_model(platform, state, baseline)

    with pytest.raises(CorruptArtefact, match="expected version v3, got version v2"):
        evaluate_model.handler(state, None)


def test_a_model_whose_file_was_changed_is_refused(platform, candidate, tmp_path):
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in candidate.rglob("*"):
        target = changed / path.relative_to(candidate)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            target.write_bytes(path.read_bytes())
    vectors = changed / "vectors.npy"
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"\x01")
    state = begun()
    state["plan"] = plan_training_data.handler(state, None)
    put_model(platform, state, changed)

    with pytest.raises(CorruptArtefact, match=r"vectors\.npy"):
        evaluate_model.handler(state, None)
