"""The message about a batch of a stream that was given up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .stream_polling import Answer, Batch, Reason


def failure_record(
    mapping: Mapping[str, Any],
    batch: Batch,
    reason: Reason,
    *,
    answer: Answer | None,
    shard_id: str,
    version: str,
    request_id: str,
    now: float,
) -> dict[str, Any]:
    """What AWS tells of a batch that was given up: where its records are, and not what is in them.

    Source: AWS Lambda Developer Guide, "Retain discarded batch records".
    """
    first, last = batch.records[0], batch.records[-1]
    response: dict[str, Any] = {}
    if answer:
        response = {"statusCode": 200, "executedVersion": version}
        if answer.failed:
            response["functionError"] = "Unhandled"
    return {
        "requestContext": {
            "requestId": request_id,
            "functionArn": mapping["FunctionArn"],
            "condition": str(reason),
            "approximateInvokeCount": batch.failures,
        },
        "responseContext": response,
        "version": "1.0",
        "timestamp": _instant(now),
        "KinesisBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": first["SequenceNumber"],
            "endSequenceNumber": last["SequenceNumber"],
            "approximateArrivalOfFirstRecord": _instant(first["ApproximateArrivalTimestamp"]),
            "approximateArrivalOfLastRecord": _instant(last["ApproximateArrivalTimestamp"]),
            "batchSize": len(batch.records),
            "streamArn": mapping["EventSourceArn"],
        },
    }


def _instant(seconds: float) -> str:
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
