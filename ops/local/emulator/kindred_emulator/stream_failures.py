"""Where a batch that was given up is written down: the mapping's on-failure destination."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from ministack.core.responses import new_uuid

from .failure_record import failure_record
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
    record = failure_record(
        mapping,
        batch,
        reason,
        answer=answer,
        shard_id=shard_id,
        version=function.get("Version", "$LATEST"),
        request_id=new_uuid(),
        now=time.time(),
    )
    refusal = send_as(function_session(function), target, json.dumps(record))
    if refusal:
        mapping["LastProcessingResult"] = f"PROBLEM: {refusal}"
        logger.error("the on-failure destination of %s: %s", mapping["UUID"], refusal)
