"""What is done by one grant each, and what is told to who has lost it."""

from __future__ import annotations

import json
import time
import uuid
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from botocore.exceptions import ClientError

from ops.local.ecs_services import EcsServices
from ops.local.task_definitions import ServiceSpec
from tests.local.invocation import FunctionFailed, end_containers, invoke
from tests.local.local_platform import LocalPlatform
from tests.local.management import person


def similarity_of(platform: LocalPlatform) -> ServiceSpec:
    services = EcsServices(platform.aws("ecs"), platform.aws("elbv2")).read()
    return next(spec for spec in services if spec.label == "similarity_service")


def refusal_of(call: Callable[[], Any]) -> str | None:
    """The error's code; None when the call was allowed."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def _count(platform: LocalPlatform, similarity: ServiceSpec) -> str | None:
    """One count into `ab_metrics`, as the similarity service's task."""
    dynamodb = platform.aws("dynamodb", platform.task_session(similarity))
    return refusal_of(
        lambda: dynamodb.update_item(
            TableName=similarity.container.environment["METRICS_TABLE"],
            Key={"experiment_id": {"S": "test"}, "timestamp": {"S": "0#v1#test"}},
            UpdateExpression="ADD requests_count :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    )


def read_manifest(platform: LocalPlatform, similarity: ServiceSpec) -> str | None:
    s3 = platform.aws("s3", platform.task_session(similarity))
    bucket = similarity.container.environment["EMBEDDINGS_BUCKET"]
    return refusal_of(lambda: s3.get_object(Bucket=bucket, Key="embeddings/v1/manifest.json"))


def _exposure(experiment: str) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "type": "exposure",
        "occurred_at": "2026-01-05T12:00:00Z",
        "unit_id": "u1",
        "experiment_id": experiment,
        "variation": "blue",
    }


def _track(platform: LocalPlatform, experiment: str) -> str | None:
    """The problem's type; None when the event was taken."""
    with platform.client() as client:
        return _problem(client.post("api/v1/tracking/track", json=_exposure(experiment)))


def _read_results(platform: LocalPlatform, experiment: str) -> str | None:
    with person(platform, "viewer") as viewer:
        return _problem(viewer.get(f"api/v1/experiments/{experiment}/results"))


def _problem(answer: httpx.Response) -> str | None:
    if answer.is_success:
        return None
    assert answer.headers["content-type"] == "application/problem+json"
    return f"{answer.status_code} {answer.json()['type']}"


def _evaluate_anew(platform: LocalPlatform) -> str | None:
    """The error's code, of a function that holds nothing yet."""
    end_containers(platform, "EvaluateFlagFunctionName")
    asked = {"flag_key": "any", "attributes": {"id": "u1"}}
    answer = invoke(platform, "EvaluateFlagFunctionName", asked)
    return answer["error"]["given"] if "error" in answer else None


def _track_assignment(platform: LocalPlatform, experiment: str) -> str | None:
    """What became of the exposure, when it was not accepted."""
    end_containers(platform, "AssignFunctionName")
    asked = {"experiment_key": experiment, "attributes": {"id": "u1"}, "track": True}
    status: str = invoke(platform, "AssignFunctionName", asked)["exposure"]["status"]
    return None if status == "accepted" else status


def _index(platform: LocalPlatform) -> str | None:
    """An event handed to the function as its mapping does; what it says of one that it leaves."""
    data = b64encode(json.dumps(_exposure("grants")).encode()).decode()
    record = {
        "eventID": "shardId-000000000000:1",
        "kinesis": {
            "data": data,
            "partitionKey": "u1",
            "sequenceNumber": "1",
            "approximateArrivalTimestamp": time.time(),
        },
    }
    try:
        answer = invoke(platform, "IndexEventsFunctionName", {"Records": [record]})
    except FunctionFailed as failed:
        return str(failed)
    return json.dumps(answer) if answer["batchItemFailures"] else None


def _run_daily(platform: LocalPlatform, output: str) -> str | None:
    try:
        invoke(platform, output, {"scheduled_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:00Z}"})
    except FunctionFailed as failed:
        return str(failed)
    return None


def _announce(platform: LocalPlatform) -> str | None:
    """A notice that a run left behind is sent by the next, or stays."""
    dynamodb, key = platform.aws("dynamodb"), {"experiment_id": {"S": "embedding_v1_vs_v2"}}
    table = platform.outputs["ExperimentsTableName"]
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET shift_notice_subject = :text, shift_notice_message = :text",
        ExpressionAttributeValues={":text": {"S": "why"}},
    )
    refusal = _run_daily(platform, "SelectWinnerFunctionName")
    item = dynamodb.get_item(TableName=table, Key=key)["Item"]
    kept = item.get("shift_notice_message", {}).get("S") == "why"
    assert kept == (refusal is not None)
    return refusal


@dataclass(frozen=True)
class Granted:
    """`attempt` is refused, with `refusal` in what it is told, by nothing but its grant."""

    policies: str
    action: str
    attempt: Callable[[LocalPlatform, ServiceSpec, str], str | None]
    refusal: str = "AccessDenied"


# Each attempt depends on one of them, so that one deployment goes without all.
GRANTS = {
    "counting into ab_metrics": Granted(
        "Similarity", "dynamodb:UpdateItem", lambda p, spec, _: _count(p, spec)
    ),
    "the key of the models": Granted(
        "Similarity", "kms:Decrypt", lambda p, spec, _: read_manifest(p, spec)
    ),
    "taking events": Granted(
        "Experiments",
        "kinesis:PutRecords",
        lambda p, _, experiment: _track(p, experiment),
        "503 urn:kindred:problem:event-stream-unavailable",
    ),
    "reading counters": Granted(
        "Experiments",
        "dynamodb:Query",
        lambda p, _, experiment: _read_results(p, experiment),
        "503 urn:kindred:problem:counters-unavailable",
    ),
    "reading definitions": Granted("EvaluateFlag", "s3:GetObject", lambda p, *_: _evaluate_anew(p)),
    "tracking what is assigned": Granted(
        "Assign",
        "kinesis:PutRecords",
        lambda p, _, experiment: _track_assignment(p, experiment),
        "retry",
    ),
    "reading a day's counts": Granted(
        "AggregateMetrics",
        "dynamodb:Query",
        lambda p, *_: _run_daily(p, "AggregateMetricsFunctionName"),
    ),
    "indexing events": Granted(
        "IndexEvents", "es:ESHttpPost", lambda p, *_: _index(p), "itemIdentifier"
    ),
    "announcing a winner": Granted(
        "SelectWinner", "sns:Publish", lambda p, *_: _announce(p), "AuthorizationError"
    ),
}
