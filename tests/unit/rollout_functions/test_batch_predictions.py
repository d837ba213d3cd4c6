"""Bulk predictions: one file, one job, whatever is sent twice."""

import json

import pytest

from rollout_functions import batch_predictions
from tests.unit.rollout_functions.fake_sagemaker import NOW
from tests.unit.rollout_functions.proxy_events import proxy_event

# Seconds a file.
pytestmark = pytest.mark.slow

FILE = "batch/input/apps.jsonl"


@pytest.fixture
def send(clients, sagemaker):
    clients["s3"].put_object(Bucket="training", Key=FILE, Body=b"{}\n")
    sagemaker.endpoints["kindred-dev-embeddings"] = ["kindred-dev-first", "kindred-dev-canary"]

    def sent(method="POST", path="/batch-predictions", body=None, **event):
        if method == "POST" and body is None:
            body = {"endpoint": "embeddings", "input": FILE}
        answered = batch_predictions.handler(proxy_event(method, path, body, **event), None)
        return answered["statusCode"], json.loads(answered["body"]), answered["headers"]

    return sent


def test_a_job_predicts_by_the_model_that_was_there_before_the_canary(send, sagemaker):
    status, document, headers = send()

    [(name, job)] = sagemaker.jobs.items()
    assert status == 202
    assert headers["Location"] == f"/batch-predictions/{document['job_id']}"
    assert name == f"kindred-dev-{document['job_id']}"
    assert len(name) <= 63
    assert job["ModelName"] == document["model"] == "kindred-dev-first"
    source = job["TransformInput"]
    assert source["DataSource"]["S3DataSource"]["S3Uri"] == f"s3://training/{FILE}"
    assert (source["SplitType"], source["ContentType"]) == ("Line", "application/jsonlines")
    output = f"s3://training/batch/output/{document['job_id']}/"
    assert job["TransformOutput"]["S3OutputPath"] == document["output"] == output
    assert job["TransformOutput"]["KmsKeyId"].startswith("arn:aws:kms:")
    assert job["TransformOutput"]["AssembleWith"] == "Line"


def test_a_repeated_key_begins_no_second_job(send, sagemaker):
    key = {"Idempotency-Key": "nightly-1"}

    _, first, _ = send(headers=key)
    status, second, _ = send(headers=key)
    send()

    assert status == 202
    assert first["job_id"] == second["job_id"]
    assert len(sagemaker.jobs) == 2


def test_a_key_is_of_one_file(send, clients):
    clients["s3"].put_object(Bucket="training", Key="batch/input/more.jsonl", Body=b"{}\n")
    key = {"Idempotency-Key": "nightly-1"}
    send(headers=key)

    status, problem, _ = send(
        body={"endpoint": "embeddings", "input": "batch/input/more.jsonl"}, headers=key
    )

    assert status == 422
    assert problem["type"] == "urn:kindred:problem:idempotency-key-reused"


def test_a_job_says_how_far_it_is_and_why_it_failed(send, sagemaker):
    _, made, _ = send()
    job = sagemaker.jobs[f"kindred-dev-{made['job_id']}"]

    _, waiting, _ = send("GET", f"/batch-predictions/{made['job_id']}")
    job |= {"TransformStartTime": NOW, "TransformEndTime": NOW.replace(minute=2)}
    job |= {"TransformJobStatus": "Failed", "FailureReason": "ClientError: line 3"}
    status, failed, _ = send("GET", f"/batch-predictions/{made['job_id']}", groups="viewer")

    assert (waiting["state"], waiting["running_seconds"]) == ("InProgress", 0)
    assert status == 200
    assert (failed["state"], failed["reason"]) == ("Failed", "ClientError: line 3")
    assert failed["running_seconds"] == 120
    assert failed["ended_at"] == "2026-03-10T00:02:00+00:00"


@pytest.mark.parametrize(
    ("key", "detail"),
    [
        pytest.param("batch/input/none.jsonl", "is not in the bucket", id="no such file"),
        pytest.param("batch/input/apps", "is not in the bucket", id="a beginning of a name"),
        pytest.param("batch/input/a", "'batch/input/a.b' begins as well", id="two begin so"),
        pytest.param("models/apps.jsonl", "regex", id="elsewhere"),
        pytest.param("batch/input/../../models/x", "regex", id="a step up"),
        pytest.param("batch/input/", "regex", id="no name"),
        pytest.param("batch/input/a b", "regex", id="a blank"),
    ],
)
def test_an_input_has_to_be_one_file_of_the_prefix(send, clients, sagemaker, key, detail):
    for name in ("a", "a.b"):
        clients["s3"].put_object(Bucket="training", Key=f"batch/input/{name}", Body=b"{}\n")

    status, problem, _ = send(body={"endpoint": "embeddings", "input": key})

    assert status == 422
    assert problem["errors"][0]["pointer"] == "/input"
    assert detail in problem["detail"]
    assert sagemaker.jobs == {}


def test_without_a_model_there_is_nothing_to_predict_with(send, sagemaker):
    sagemaker.endpoints.clear()

    status, problem, headers = send()

    assert status == 503
    assert problem["type"] == "urn:kindred:problem:model_not_registered"
    assert headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    ("method", "path", "groups", "status"),
    [
        pytest.param("POST", "/batch-predictions", "viewer", 403, id="a viewer begins none"),
        pytest.param("POST", "/batch-predictions", None, 401, id="nobody begins none"),
        pytest.param("GET", "/batch-predictions/batch-0", "viewer", 404, id="no job's id"),
        pytest.param(
            "GET", f"/batch-predictions/batch-{'0' * 32}", "viewer", 404, id="an unknown job"
        ),
        pytest.param("GET", "/batch-predictions", "viewer", 405, id="there is no list"),
        pytest.param("DELETE", "/batch-predictions/x", "admin", 405, id="nothing is deleted"),
    ],
)
def test_who_may_and_what_there_is(send, method, path, groups, status):
    assert send(method, path, groups=groups)[0] == status


def test_an_unknown_endpoint_is_named_with_the_known_ones(send):
    status, problem, _ = send(body={"endpoint": "payments", "input": FILE})

    assert status == 404
    assert "embeddings, ranking" in problem["detail"]
