"""From an approved package to a canary at 100 %, asked for and seen through the API alone."""

from __future__ import annotations

import json
import time

import pytest

from kindred_aws.model_packages import ModelPackages
from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.in_process import attach
from ops.local.sagemaker.model_host import ModelAnswer
from rollout_functions import admit_package, api_settings, deployments, inference, new_deployment
from rollout_functions import inference_settings as settings
from tests.unit.rollout_functions.conftest import REGION, shared_session
from tests.unit.rollout_functions.proxy_events import proxy_event
from tests.unit.rollout_functions.test_admit_package import state_change
from tests.unit.rollout_functions.test_inference import ANSWER, FEATURES
from tests.unit.rollout_reconciler.conftest import account, new_world  # noqa: F401
from tests.unit.rollout_reconciler.world import FAILING, NAME

# Seconds a test, on emulated accounts.
pytestmark = pytest.mark.slow

QUICK = {"canary_percent": 50, "step_percent": 50, "bake_minutes": 4}


@pytest.fixture
def world(environment, monkeypatch, new_world, sagemaker, reconciler):  # noqa: F811
    """The reconciler's world, behind the API; only packages are the fake's."""
    made = new_world()
    made.local.now = time.time()
    answer = ModelAnswer(200, json.dumps(ANSWER).encode(), "application/json", 1_000.0)
    made.local.models.answer_with(lambda *_: answer)
    made.local.parts.models.use_packages(sagemaker.container)
    registry = shared_session().create_client("sagemaker", region_name=REGION)
    attach(registry, ControlPlane([sagemaker]))
    packages = ModelPackages(registry, group="kindred-dev-models")
    monkeypatch.setattr(new_deployment, "packages", lambda: packages)
    clients = {"dynamodb": made.dynamodb, "sagemaker": made.sagemaker, "lambda": reconciler}
    monkeypatch.setenv("ENDPOINT_PREFIX", "kindred-test-")
    monkeypatch.setenv("ENDPOINT_NAME", NAME)
    monkeypatch.setenv("ENDPOINTS", "embeddings")
    monkeypatch.setattr(api_settings, "_client", clients.__getitem__)
    attach(settings.model()._client, made.local.control_plane)
    return made


def send(method, path, body=None, **event):
    answered = deployments.handler(proxy_event(method, path, body, **event), None)
    assert answered["statusCode"] < 300, answered["body"]
    return json.loads(answered["body"])


def infer():
    body = {"user_id": "user-1", "features": FEATURES}
    answered = inference.handler(proxy_event("POST", "/inference", body, groups=None), None)
    return answered["statusCode"], json.loads(answered["body"])


@pytest.fixture
def served(world, sagemaker):
    """What the first approved package leads to."""
    assert infer()[1]["type"].endswith("model_not_registered")
    outcomes = admit_package.handler(state_change(sagemaker.add_package(1)), None)
    world.until_over(outcomes["embeddings"].removeprefix("deployment "))
    return world


def test_the_first_package_serves_and_a_second_takes_over_step_by_step(served, sagemaker):
    status, answer = infer()
    assert (status, answer["variant"]) == (200, "production")
    package = {"endpoint": "embeddings", "model_package_arn": sagemaker.add_package(2), **QUICK}

    made = send("POST", "/deployments", package)
    served.until_over(made["deployment_id"])

    document = send("GET", f"/deployments/{made['deployment_id']}")
    assert document["state"] == "COMPLETED", document["reason"]
    assert document["weights"]["confirmed"][document["canary_variant"]] == 1
    assert {each["verdict"] for each in document["judgements"]} == {"pass"}
    assert {each["step"] for each in document["judgements"]} == {50, 100}
    assert document["allowed"] == []
    assert infer()[1]["variant"] == document["canary_variant"]


def test_a_failing_canary_goes_back_says_why_and_is_refused_for_a_while(served, sagemaker):
    served.windows["canary"] = FAILING
    package = {"endpoint": "embeddings", "model_package_arn": sagemaker.add_package(2), **QUICK}

    made = send("POST", "/deployments", package)
    served.until_over(made["deployment_id"], minutes=1)

    document = send("GET", f"/deployments/{made['deployment_id']}")
    assert document["state"] == "ROLLED_BACK"
    assert document["judgements"][-1]["verdict"] == "fail"
    assert document["judgements"][-1]["reasons"]
    assert document["weights"]["confirmed"] == {"production": 1, document["canary_variant"]: 0}
    assert infer()[1]["variant"] == "production"
    again = deployments.handler(proxy_event("POST", "/deployments", package), None)
    assert again["statusCode"] == 409
    assert "model-in-cool-down" in again["body"]


def test_somebody_pauses_a_rollout_goes_on_and_completes_it(served, sagemaker):
    package = {"endpoint": "embeddings", "model_package_arn": sagemaker.add_package(2), **QUICK}
    path = f"/deployments/{send('POST', '/deployments', package)['deployment_id']}"
    deployment_id = path.rpartition("/")[2]
    for _ in range(4):
        served.run()
        served.wait(1)

    send("POST", f"{path}/pause", {"reason": "lunch"})
    served.run()
    assert send("GET", path)["state"] == "PAUSED"
    send("POST", f"{path}/resume")
    served.run()
    assert send("GET", path)["state"] == "IN_PROGRESS"
    send("POST", f"{path}/complete", groups="approver")
    served.until_over(deployment_id, minutes=1)

    assert send("GET", path)["state"] == "COMPLETED"
