"""From the registered package to an approved one, by a staging endpoint that goes again."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from kindred.similarity.artefact import load_artefact
from kindred.similarity.manifest import Manifest
from kindred_aws.artefact_store import ArtefactStore
from retraining_functions import (
    approve_model,
    archive_model,
    check_staging,
    remove_staging,
    stage_model,
)
from retraining_functions import test_staging as staging_test
from tests.unit.retraining_functions.course import RUN, staged, trained
from tests.unit.retraining_functions.fake_stores import ModelOf

pytestmark = pytest.mark.slow
ENDPOINT = "kindred-local-staging"


def approval(platform, state):
    return platform.sagemaker.describe_model_package(
        ModelPackageName=state["package"]["model_package_arn"]
    )["ModelApprovalStatus"]


def published(platform):
    body = platform.s3.get_object(Bucket="embeddings", Key="embeddings/v3/manifest.json")["Body"]
    return Manifest.from_json(body.read())


def test_staging_is_waited_for_in_the_laptops_minutes(platform, candidate):
    state = trained(platform, candidate)

    first = stage_model.handler(state, None)
    platform.now.at += 120
    then = check_staging.handler(state, None)

    assert (first["status"], then["status"]) == ("creating", "in_service")
    assert first["wait_seconds"] == 2
    assert first["endpoint"] == ENDPOINT


def test_staging_twice_makes_one_endpoint_of_one_model(platform, candidate):
    state = trained(platform, candidate)

    for _ in range(2):
        stage_model.handler(state, None)
        platform.now.at += 120

    assert len(platform.sagemaker.list_models()["Models"]) == 1
    assert len(platform.sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 1
    assert check_staging.handler(state, None)["status"] == "in_service"


def test_an_endpoint_of_another_run_is_not_taken_for_ours(platform, candidate):
    state = trained(platform, candidate)
    stage_model.handler(state, None)

    assert check_staging.handler({**state, "run_id": "another"}, None)["status"] == "failed"


def test_what_an_aborted_run_left_makes_way_for_the_next(platform, candidate):
    state = trained(platform, candidate)
    stage_model.handler({**state, "run_id": "aborted"}, None)
    while_created = stage_model.handler(state, None)
    platform.now.at += 120
    while_removed = [stage_model.handler(state, None) for _ in range(2)]
    platform.now.at += 120
    made = stage_model.handler(state, None)
    platform.now.at += 120

    assert [each["status"] for each in (while_created, *while_removed)] == ["clearing"] * 3
    assert made["status"] == "creating"
    assert check_staging.handler(state, None)["status"] == "in_service"
    assert len(platform.sagemaker.list_models()["Models"]) == 1
    assert len(platform.sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 1


def test_a_run_that_failed_leaves_the_endpoint_of_another_alone(platform, candidate):
    state = trained(platform, candidate)
    stage_model.handler(state, None)
    platform.now.at += 120

    removal = remove_staging.handler({"run_id": "another"}, None)

    assert removal["removed"] is True
    assert check_staging.handler(state, None)["status"] == "in_service"


def test_a_good_model_passes_is_approved_and_published(platform, candidate, baseline):
    state = staged(platform, candidate, baseline)

    approved = [approve_model.handler(state, None) for _ in range(2)]

    assert state["regression"]["checks"]["agreed"] == 100
    assert state["removal"]["passed"] is True
    assert approved[0] == approved[1]
    assert approval(platform, state) == "Approved"
    assert published(platform).model_version == state["evaluation"]["model_version"]


def test_nothing_of_staging_stays(platform, candidate, baseline):
    state = staged(platform, candidate, baseline)

    assert state["removal"]["removed"] is True
    assert platform.sagemaker.list_models()["Models"] == []
    assert platform.sagemaker.list_endpoint_configs()["EndpointConfigs"] == []
    with pytest.raises(ClientError, match="Could not find endpoint"):
        platform.sagemaker.describe_endpoint(EndpointName=ENDPOINT)


def test_an_endpoint_that_answers_with_another_model_fails_and_is_archived(
    platform, candidate, baseline
):
    state = trained(platform, candidate)
    stage_model.handler(state, None)
    platform.now.at += 120
    check_staging.handler(state, None)
    platform.host.invoke = ModelOf(load_artefact(baseline)).invoke

    state["regression"] = staging_test.handler(state, None)
    state["removal"] = remove_staging.handler(state, None)
    archived = archive_model.handler(state, None)

    assert state["regression"]["passed"] is False
    assert "answered by v2-" in archived["reason"]
    assert approval(platform, state) == "Rejected"


def test_an_endpoint_that_refuses_fails_with_what_it_said(platform, candidate):
    state = trained(platform, candidate)

    result = staging_test.handler(state, None)

    assert result["passed"] is False
    assert "not found" in result["reason"].lower()


def test_a_reason_of_several_lines_is_kept_in_one_which_is_what_the_registry_takes(
    platform, candidate
):
    state = trained(platform, candidate)
    state["removal"] = {"reason": "ModelError: 502\n<html>\n  Bad gateway"}

    archive_model.handler(state, None)

    package = platform.sagemaker.describe_model_package(
        ModelPackageName=state["package"]["model_package_arn"]
    )
    assert package["ApprovalDescription"] == "ModelError: 502 <html> Bad gateway"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        pytest.param(
            {"error": {"Error": "States.Timeout", "Cause": "too long"}},
            "States.Timeout: too long",
            id="a test that was not done",
        ),
        pytest.param({"staging": {"status": "failed"}}, "is failed", id="an endpoint that failed"),
        pytest.param(
            {
                "regression": {"passed": True, "reason": "fine"},
                "simulation": {"passed": False, "reason": "lost"},
            },
            "lost",
            id="a lost simulation",
        ),
        pytest.param(
            {"regression": {"passed": True, "reason": "fine"}},
            "the staging endpoint is absent",
            id="no simulation",
        ),
    ],
)
def test_what_was_not_shown_to_be_good_has_not_passed(platform, found, reason):
    removal = remove_staging.handler({"run_id": RUN, **found}, None)

    assert removal["passed"] is False
    assert reason in removal["reason"]


def test_a_version_that_came_to_serve_meanwhile_is_not_replaced(
    platform, candidate, baseline, experiment
):
    state = staged(platform, candidate, baseline)
    experiment.put(
        status="completed", control="v2", treatment="v3", v2_weight=0, v3_weight=1, winner="v3"
    )

    with pytest.raises(Exception, match="v3 was planned, and v4 is next now"):
        approve_model.handler(state, None)

    assert approval(platform, state) == "PendingManualApproval"
    versions = ArtefactStore(platform.s3, "embeddings")
    with pytest.raises(LookupError):
        versions.manifest("v3")


def test_what_the_functions_say_is_json(platform, candidate, baseline):
    json.dumps(staged(platform, candidate, baseline), allow_nan=False)
