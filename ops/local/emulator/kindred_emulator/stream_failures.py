"""Where a batch that was given up is written down: the mapping's on-failure destination."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ministack.core.responses import new_uuid

from .functions import function_session
from .message_delivery import send_as

if TYPE_CHECKING:
    from .stream_polling import Answer, Batch, Reason

logger = logging.getLogger("kindred.streams")


def send_failure(
    mapping: dict[str, Any],
    function: dict[str, Any],
    batch: Batch,
    reason: Reason,
    *,
    shard_id: str,
    answer: Answer | None,
) -> None:
    """As the function's role; without the right to, it is lost as on AWS, and logged."""
    target = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    first, last = batch.records[0]["SequenceNumber"], batch.records[-1]["SequenceNumber"]
    logger.warning("gave up %s to %s of %s: %s", first, last, shard_id, reason)
    if not target:
        return
    text = json.dumps(
        failure_record(mapping, function, batch, reason, shard_id=shard_id, answer=answer)
    )
    refusal = send_as(function_session(function), target, text)
    if refusal:
        mapping["LastProcessingResult"] = f"PROBLEM: {refusal}"
        logger.error("the on-failure destination of %s: %s", mapping["UUID"], refusal)


def failure_record(
    mapping: dict[str, Any],
    function: dict[str, Any],
    batch: Batch,
    reason: Reason,
    *,
    shard_id: str,
    answer: Answer | None,
) -> dict[str, Any]:
    """What AWS tells of a batch that was given up: where its records are, and not what is in them.

    Source: AWS Lambda Developer Guide, "Retain discarded batch records".
    """
    first, last = batch.records[0], batch.records[-1]
    response: dict[str, Any] = {}
    if answer:
        response = {"statusCode": 200, "executedVersion": function.get("Version", "$LATEST")}
        if answer.failed:
            response["functionError"] = "Unhandled"
    return {
        "requestContext": {
            "requestId": new_uuid(),
            "functionArn": mapping["FunctionArn"],
            "condition": str(reason),
            "approximateInvokeCount": batch.failures,
        },
        "responseContext": response,
        "version": "1.0",
        "timestamp": _instant(time.time()),
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
