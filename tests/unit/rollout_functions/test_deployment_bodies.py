"""What a body may say; what does not fit is named by its place, with what was given."""

import json

import msgspec
import pytest

from kindred.rollout.rollout_plan import RolloutPlan
from kindred.rollout.thresholds import Thresholds
from rollout_functions import deployments
from rollout_functions.api_requests import MOST_BYTES
from rollout_functions.deployment_requests import DeploymentIn, ThresholdsIn, plan_of
from tests.unit.rollout_functions.proxy_events import proxy_event
from tests.unit.rollout_functions.test_deployments import ARTEFACT, asked

PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/kindred-dev-models/1"


@pytest.fixture
def refused(environment):
    def sent(body, status=422):
        answered = deployments.handler(proxy_event("POST", "/deployments", body), None)
        assert answered["statusCode"] == status, answered["body"]
        assert answered["headers"]["content-type"] == "application/problem+json"
        return json.loads(answered["body"])

    return sent


@pytest.mark.parametrize(
    ("changes", "pointer", "detail"),
    [
        pytest.param({"canary": 5}, "/canary", "unknown field", id="unknown field"),
        pytest.param(
            {"thresholds": {"p99": 5}}, "/thresholds/p99", "unknown field", id="unknown threshold"
        ),
        pytest.param(
            {"artefact": {"image": "a"}}, "/artefact/model_data_url", "required", id="half a source"
        ),
        pytest.param(
            {"endpoint": 5}, "/endpoint", "expected str, got int", id="a number for a name"
        ),
        pytest.param({"endpoint": "a" * 41}, "/endpoint", "length <= 40", id="a long name"),
        pytest.param({"engine": "blue"}, "/engine", "invalid enum value 'blue'", id="an engine"),
        pytest.param({"on_no_data": "go"}, "/on_no_data", "invalid enum value", id="no data"),
        pytest.param({"canary_percent": 0}, "/canary_percent", "allowed 1 to 100", id="no canary"),
        pytest.param({"canary_percent": 10.0}, "/canary_percent", "expected int", id="no whole"),
        pytest.param({"canary_percent": True}, "/canary_percent", "expected int", id="true"),
        pytest.param({"canary_percent": 10**40}, "/canary_percent", "", id="beyond all numbers"),
        pytest.param({"step_percent": 101}, "/step_percent", "allowed 1 to 100", id="a big step"),
        pytest.param({"bake_minutes": 1}, "/bake_minutes", "given 1, allowed", id="a short bake"),
        pytest.param({"maximum_minutes": 5}, "/maximum_minutes", "given 5", id="a short maximum"),
        pytest.param({"dry_run": "yes"}, "/dry_run", "expected bool", id="a text for a truth"),
        pytest.param(
            {"thresholds": {"error_rate": 2}}, "/thresholds/error_rate", "given 2", id="a rate"
        ),
        pytest.param(
            {"thresholds": {"minimum_requests": 0}},
            "/thresholds/minimum_requests",
            "given 0",
            id="no sample",
        ),
        pytest.param(
            {"engine": "guardrails", "step_percent": 60},
            "/step_percent",
            "with guardrails: given 60, allowed 10 to 50",
            id="a step that SageMaker does not take",
        ),
        pytest.param(
            {"artefact": {**ARTEFACT, "image": "a b"}}, "/artefact/image", "regex", id="an image"
        ),
        pytest.param(
            {"artefact": {**ARTEFACT, "model_data_url": "https://x/y"}},
            "/artefact/model_data_url",
            "regex",
            id="data elsewhere",
        ),
        pytest.param(
            {"artefact": {**ARTEFACT, "image": "image\n"}},
            "/artefact/image",
            "regex",
            id="a line's end",
        ),
        pytest.param(
            {"model_package_arn": PACKAGE}, "/model_package_arn", "given both", id="both sources"
        ),
        pytest.param(
            {"artefact": None}, "/model_package_arn", "given neither", id="neither source"
        ),
    ],
)
def test_what_does_not_fit_is_named(refused, changes, pointer, detail):
    problem = refused(asked(**changes))

    assert problem["type"] == "urn:kindred:problem:invalid-request"
    assert problem["errors"][0]["pointer"] == pointer
    assert detail in problem["errors"][0]["detail"]
    assert problem["detail"].startswith(f"{pointer}: ")


def test_an_unknown_field_is_answered_with_the_known_ones(refused):
    error = refused(asked(thresholds={"p99": 5}))["errors"][0]

    assert "p99_latency_ms" in error["allowed"]
    assert refused(asked(engine="blue"))["errors"][0]["allowed"] == ["guardrails", "weights"]


def test_what_was_given_is_shown_short_and_printable(refused):
    error = refused(asked(engine="\x00" + "a" * 500))["errors"][0]

    assert len(error["given"]) < 120
    assert error["given"].isprintable()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("", 400, id="empty"),
        pytest.param(None, 400, id="none"),
        pytest.param("{", 400, id="cut off"),
        pytest.param("\ud800", 400, id="a lone surrogate"),
        pytest.param("[" * 10_000 + "]" * 10_000, 400, id="nested deep"),
        pytest.param("[]", 422, id="a list"),
        pytest.param("null", 422, id="null"),
        pytest.param('{"endpoint": NaN}', 400, id="not a number"),
        pytest.param('"' + "a" * MOST_BYTES + '"', 413, id="too large"),
    ],
)
def test_what_is_no_object_of_json_is_refused(refused, body, status):
    problem = refused(body, status)

    assert problem["status"] == status


def test_what_is_no_base64_is_refused(environment):
    event = {**proxy_event("POST", "/deployments", "{}"), "body": "%", "isBase64Encoded": True}

    assert deployments.handler(event, None)["statusCode"] == 400


def test_defaults_and_fields_are_those_of_the_core():
    assert plan_of(DeploymentIn(endpoint="embeddings")) == RolloutPlan()
    assert ThresholdsIn.__struct_fields__ == tuple(Thresholds.__dataclass_fields__)
    assert msgspec.structs.asdict(ThresholdsIn()) == {
        name: getattr(Thresholds(), name) for name in Thresholds.__dataclass_fields__
    }
    assert set(RolloutPlan.__dataclass_fields__) <= set(DeploymentIn.__struct_fields__)
