"""POST /inference: which variant answered, how long it took, and what went wrong where."""

import json

import msgspec
import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from embedding_inference.wire import PredictionOut, PredictionsOut, QueryIn
from ops.local.sagemaker.operation import Refusal
from ops.local.sagemaker.routing import not_found
from rollout_functions import inference, inference_settings
from rollout_functions.body_reading import read_body
from rollout_functions.prediction_requests import FeaturesIn, ModelAnswer, model_request
from tests.unit.rollout_functions.proxy_events import REQUEST_ID, proxy_event

FEATURES = {
    "name": "Star Map",
    "category": "Education",
    "region": "EU",
    "pricing": "free",
    "features": ["offline", "widgets"],
}
ANSWER = {
    "predictions": [{"app_id": "a1", "similarity": 0.93, "app_name": "Sky Guide"}],
    "model_version": "v3-0123456789ab",
}


@pytest.fixture
def send(runtime):
    def sent(**changes):
        body = {"user_id": "user-1", "features": FEATURES, **changes}
        event = proxy_event("POST", "/inference", body, groups=None)
        answered = inference.handler(event, None)
        return answered["statusCode"], json.loads(answered["body"]), answered["headers"]

    return sent


@pytest.fixture
def model(sagemaker):
    """Answers as the given variant would."""

    def answer(document=ANSWER, variant="production"):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        sagemaker.answer = lambda _: {
            "Body": body,
            "ContentType": "application/json",
            "InvokedProductionVariant": variant,
        }

    answer()
    return answer


@pytest.fixture
def failing(sagemaker):
    def fail(error):
        def answer(_):
            raise error

        sagemaker.answer = answer

    return fail


def emitted(capsys):
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" in line]


def test_predictions_come_with_who_answered_and_how_long_it_took(send, model):
    model(variant="canary-01234567")

    status, document, headers = send()

    assert status == 200
    assert document["predictions"] == ANSWER["predictions"]
    assert document["variant"] == "canary-01234567"
    assert document["model_version"] == ANSWER["model_version"]
    assert 0 <= document["latency_ms"]["model"] <= document["latency_ms"]["total"]
    assert headers["x-correlation-id"] == REQUEST_ID


def test_the_model_is_asked_what_the_caller_asked_and_not_told_who_the_caller_is(
    send, model, sagemaker
):
    send(target_variant="production", top_k=3)
    send(user_id="user-2")

    first, second = sagemaker.asked
    assert first["EndpointName"] == "kindred-dev-embeddings"
    assert first["TargetVariant"] == "production"
    assert "TargetVariant" not in second
    sent = json.loads(first["Body"])
    assert sent["top_k"] == 3
    assert FEATURES.items() <= sent["features"].items()
    assert "user-1" not in json.dumps(first, default=str)
    assert first["InferenceId"].endswith(REQUEST_ID)
    assert first["InferenceId"] != second["InferenceId"]


def test_each_answer_is_one_value_of_its_variants_latency(send, model, capsys):
    model(variant="canary-01234567")

    send()

    [line] = emitted(capsys)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Kindred"
    # The judge asks by these two: another dimension would be another metric.
    assert [sorted(each) for each in directive["Dimensions"]] == [["EndpointName", "VariantName"]]
    assert directive["Metrics"] == [{"Name": "InferenceLatency", "Unit": "Milliseconds"}]
    assert line["EndpointName"] == "kindred-dev-embeddings"
    assert line["VariantName"] == "canary-01234567"
    assert len(line["InferenceLatency"]) == 1


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        pytest.param(
            not_found("kindred-dev-embeddings"), 503, "model_not_registered", id="no endpoint yet"
        ),
        pytest.param(
            Refusal("ModelError", "400", 424, OriginalStatusCode=400, OriginalMessage="no region"),
            422,
            "invalid-request",
            id="the model refuses",
        ),
        pytest.param(
            Refusal("ModelError", "500", 424, OriginalStatusCode=500, OriginalMessage="broken"),
            502,
            "model-failed",
            id="the model fails",
        ),
        pytest.param(
            Refusal("ValidationError", "Variant x not found for arn"),
            422,
            "invalid-request",
            id="no such variant",
        ),
        pytest.param(Refusal("ServiceUnavailable", "", 503), 503, "model-unavailable", id="away"),
        pytest.param(Refusal("ThrottlingException", ""), 503, "model-unavailable", id="throttled"),
        pytest.param(
            Refusal("ModelNotReadyException", "", 429), 503, "model-unavailable", id="new"
        ),
        pytest.param(
            ReadTimeoutError(endpoint_url="https://runtime"), 504, "model-too-slow", id="too slow"
        ),
        pytest.param(
            EndpointConnectionError(endpoint_url="https://runtime"),
            503,
            "model-unavailable",
            id="not reached",
        ),
    ],
)
def test_what_goes_wrong_is_a_problem_of_its_own(send, failing, capsys, error, status, slug):
    failing(error)

    answered, problem, headers = send(target_variant="canary-01234567")

    assert answered == status
    assert problem["type"] == f"urn:kindred:problem:{slug}"
    assert headers["content-type"] == "application/problem+json"
    assert ("Retry-After" in headers) == (status == 503)
    assert emitted(capsys) == []


def test_who_chose_no_variant_is_not_told_that_it_is_wrong(send, failing):
    failing(Refusal("ValidationError", "Endpoint kindred-dev-embeddings is not InService"))

    status, problem, headers = send()

    assert (status, problem["type"]) == (503, "urn:kindred:problem:model-unavailable")
    assert headers["Retry-After"] == "1"


def test_the_models_own_reason_reaches_the_caller(send, failing):
    failing(
        Refusal("ModelError", "x", 424, OriginalStatusCode=400, OriginalMessage="no region 'XX'")
    )

    assert "no region 'XX'" in send()[1]["detail"]


def test_an_answer_that_nobody_can_read_is_the_models_failure_and_counts_its_time(
    send, model, capsys
):
    model(b'{"predictions": "none"}')

    status, problem, _ = send()

    assert status == 502
    assert "variant production" in problem["detail"]
    assert len(emitted(capsys)) == 1


@pytest.mark.parametrize(
    ("error", "asked", "status"),
    [
        pytest.param(
            ConnectionClosedError(endpoint_url="https://runtime"), 2, 200, id="a connection once"
        ),
        pytest.param(ReadTimeoutError(endpoint_url="https://runtime"), 1, 504, id="no late model"),
    ],
)
def test_only_a_lost_connection_is_tried_again(send, model, sagemaker, error, asked, status):
    answer = sagemaker.answer

    def fail_first(given):
        if len(sagemaker.asked) == 1:
            raise error
        return answer(given)

    sagemaker.answer = fail_first

    assert send()[0] == status
    assert len(sagemaker.asked) == asked


def test_a_refusal_of_iam_is_a_failure_of_ours(send, failing):
    failing(Refusal("AccessDeniedException", "not authorized", 403))

    status, problem, _ = send()

    assert status == 500
    assert "authorized" not in problem["detail"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"user_id": ""}, "/user_id", id="nobody"),
        pytest.param({"user_id": "a b"}, "/user_id", id="a blank in an id"),
        pytest.param({"features": {}}, "/features/name", id="no name"),
        pytest.param({"features": {**FEATURES, "price": 1}}, "/features/price", id="unknown"),
        pytest.param(
            {"features": {**FEATURES, "pricing": "cheap"}}, "/features/pricing", id="a pricing"
        ),
        pytest.param(
            {"features": {**FEATURES, "features": ["a"] * 51}}, "/features/features", id="too many"
        ),
        pytest.param(
            {"features": {**FEATURES, "features": ["a", ""]}}, "/features/features/1", id="an empty"
        ),
        pytest.param({"top_k": 0}, "/top_k", id="none asked for"),
        pytest.param({"top_k": 101}, "/top_k", id="too many asked for"),
        pytest.param({"target_variant": "-a"}, "/target_variant", id="no variant's name"),
    ],
)
def test_a_request_that_does_not_fit_never_reaches_the_model(
    send, model, sagemaker, changes, pointer
):
    status, problem, _ = send(**changes)

    assert status == 422
    assert problem["errors"][0]["pointer"] == pointer
    assert sagemaker.asked == []


def test_the_client_waits_five_seconds_and_tries_by_itself_never_again(environment):
    config = inference_settings._client().meta.config

    assert config.read_timeout == 5
    assert config.connect_timeout == 0.5
    assert config.retries["total_max_attempts"] == 1


def test_the_container_reads_what_it_is_sent_and_is_read_in_turn():
    """The two are built apart and share no code."""
    sent = model_request(read_body(json.dumps(FEATURES).encode(), FeaturesIn), 3)

    query = msgspec.json.decode(sent, type=QueryIn)
    assert (query.features.name, query.features.pricing, query.top_k) == ("Star Map", "free", 3)
    out = PredictionsOut([PredictionOut("a1", 0.93, "Sky Guide")], "v3-0123456789ab")
    read = msgspec.json.decode(msgspec.json.encode(out), type=ModelAnswer)
    assert msgspec.to_builtins(read) == ANSWER
