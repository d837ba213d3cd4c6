"""POST /inference: which variant answered, how long it took, and what went wrong where."""

import json
from types import SimpleNamespace

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from kindred_aws.pseudonym_secret import NoPseudonyms
from ops.local.sagemaker.operation import Refusal
from ops.local.sagemaker.routing import not_found
from rollout_functions import inference
from tests.unit.rollout_functions.inference_calls import FEATURES, emitted
from tests.unit.rollout_functions.proxy_events import REQUEST_ID

ANSWER = {
    "predictions": [{"app_id": "a1", "similarity": 0.93, "app_name": "Sky Guide"}],
    "model_version": "v3-0123456789ab",
}

JUDGED, ALARMED = [["EndpointName", "VariantName"]], [["EndpointName"]]
# What is emitted of failures: a request that the caller got wrong is not of the endpoint's.
NONE, ONE = [], [[1]]


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


def metrics(line):
    """Sets of dimensions by name and unit of each metric of an emitted line."""
    assert line["EndpointName"] == "kindred-dev-embeddings"
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Kindred"
    dimensions = [sorted(each) for each in directive["Dimensions"]]
    return {(each["Name"], each["Unit"]): dimensions for each in directive["Metrics"]}


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


def test_each_answer_is_one_value_of_its_variants_latency_and_one_of_the_endpoints(
    send, model, capsys
):
    model(variant="canary-01234567")

    send()

    # The judge asks by both dimensions, the alarms by one: another would be another metric.
    latency, outcome = emitted(capsys)
    assert metrics(latency) == {("InferenceLatency", "Milliseconds"): [*JUDGED, *ALARMED]}
    assert metrics(outcome) == {("InferenceFailures", "Count"): ALARMED}
    assert latency["VariantName"] == "canary-01234567"
    assert len(latency["InferenceLatency"]) == 1
    assert outcome["InferenceFailures"] == [0]


def test_what_a_first_request_waits_for_is_not_the_models_time(send, model, capsys, monkeypatch):
    clock = SimpleNamespace(seconds=0.0, perf_counter=lambda: clock.seconds)

    def late():
        clock.seconds += 0.2
        raise NoPseudonyms

    monkeypatch.setattr(inference, "time", clock)
    monkeypatch.setattr(inference, "pseudonym_secret", late)

    _, document, _ = send()

    latency, _ = emitted(capsys)
    assert latency["InferenceLatency"] == [0]
    assert document["latency_ms"] == {"model": 0, "total": 200}


@pytest.mark.parametrize(
    ("error", "status", "slug", "failures"),
    [
        pytest.param(
            not_found("kindred-dev-embeddings"),
            503,
            "model_not_registered",
            NONE,
            id="no endpoint yet",
        ),
        pytest.param(
            Refusal("ModelError", "400", 424, OriginalStatusCode=400, OriginalMessage="no region"),
            422,
            "invalid-request",
            NONE,
            id="the model refuses",
        ),
        pytest.param(
            Refusal("ModelError", "500", 424, OriginalStatusCode=500, OriginalMessage="broken"),
            502,
            "model-failed",
            ONE,
            id="the model fails",
        ),
        pytest.param(
            Refusal("ValidationError", "Variant x not found for arn"),
            422,
            "invalid-request",
            NONE,
            id="no such variant",
        ),
        pytest.param(
            Refusal("ServiceUnavailable", "", 503), 503, "model-unavailable", ONE, id="away"
        ),
        pytest.param(
            Refusal("ThrottlingException", ""), 503, "model-unavailable", ONE, id="throttled"
        ),
        pytest.param(
            Refusal("ModelNotReadyException", "", 429), 503, "model-unavailable", ONE, id="new"
        ),
        pytest.param(
            ReadTimeoutError(endpoint_url="https://runtime"),
            504,
            "model-too-slow",
            ONE,
            id="too slow",
        ),
        pytest.param(
            EndpointConnectionError(endpoint_url="https://runtime"),
            503,
            "model-unavailable",
            ONE,
            id="not reached",
        ),
    ],
)
def test_what_goes_wrong_is_a_problem_of_its_own_and_a_failure_if_it_is_not_the_callers(
    send, failing, capsys, error, status, slug, failures
):
    failing(error)

    answered, problem, headers = send(target_variant="canary-01234567")

    assert answered == status
    assert problem["type"] == f"urn:kindred:problem:{slug}"
    assert headers["content-type"] == "application/problem+json"
    assert ("Retry-After" in headers) == (status == 503)
    lines = emitted(capsys)
    assert [line["InferenceFailures"] for line in lines] == failures
    for line in lines:
        assert metrics(line) == {("InferenceFailures", "Count"): ALARMED}


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
    latency, outcome = emitted(capsys)
    assert metrics(latency) == {("InferenceLatency", "Milliseconds"): [*JUDGED, *ALARMED]}
    assert outcome["InferenceFailures"] == [1]


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
