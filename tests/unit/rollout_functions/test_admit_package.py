"""The first approved package creates the endpoint; later ones are somebody's decision."""

import pytest

from rollout_functions import admit_package
from rollout_functions.api_settings import deployments


def state_change(arn, status="Approved", group="kindred-dev-models"):
    """As EventBridge brings it."""
    return {
        "version": "0",
        "id": "844e2571-85d4-695f-b930-0153b71dcb42",
        "detail-type": "SageMaker Model Package State Change",
        "source": "aws.sagemaker",
        "account": "123456789012",
        "time": "2026-03-10T00:00:00Z",
        "region": "us-east-1",
        "resources": [arn],
        "detail": {
            "ModelPackageName": arn.partition("model-package/")[2],
            "ModelPackageGroupName": group,
            "ModelPackageVersion": 1,
            "ModelPackageArn": arn,
            "CreationTime": "2026-03-10T00:00:00.000Z",
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": status,
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
        },
    }


@pytest.fixture
def served(clients, sagemaker):
    """One of the two endpoints serves already."""
    sagemaker.endpoints["kindred-dev-ranking"] = ["kindred-dev-model"]
    return sagemaker


def test_the_first_package_gets_all_traffic_of_an_endpoint_that_is_not_there(served, reconciler):
    arn = served.add_package(1)

    outcomes = admit_package.handler(state_change(arn), None)

    [made] = deployments().list(endpoint="embeddings", limit=10).deployments
    assert made.source.package_arn == arn
    assert made.plan.canary_percent == 100
    assert made.created_by == "model registry"
    assert outcomes["embeddings"] == f"deployment {made.deployment_id}"
    assert outcomes["ranking"].startswith("nothing to do")
    assert [payload for *_, payload in reconciler.calls] == [{"deployment_id": made.deployment_id}]


def test_the_same_event_again_deploys_nothing_more(served):
    event = state_change(served.add_package(1))

    first = admit_package.handler(event, None)
    second = admit_package.handler(event, None)

    assert first == second
    assert len(deployments().list(endpoint="embeddings", limit=10).deployments) == 1


def test_another_package_waits_while_the_first_is_on_its_way(served):
    admit_package.handler(state_change(served.add_package(1)), None)

    outcomes = admit_package.handler(state_change(served.add_package(2)), None)

    assert "not deployed" in outcomes["embeddings"]


def test_a_package_that_was_rejected_meanwhile_is_not_deployed(served):
    arn = served.add_package(1, approval="Rejected")

    outcomes = admit_package.handler(state_change(arn), None)

    assert "Rejected, allowed Approved" in outcomes["embeddings"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": "Rejected"}, id="not approved"),
        pytest.param({"group": "somebody-elses"}, id="another group's"),
    ],
)
def test_an_event_that_is_not_ours_is_refused_aloud(served, change):
    with pytest.raises(ValueError, match="allowed one of kindred-dev-models"):
        admit_package.handler(state_change(served.add_package(1), **change), None)
