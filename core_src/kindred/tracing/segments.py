"""What X-Ray is told: a segment for a piece of work, a subsegment for a call within one.

Of the format in https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kindred.tracing.trace_context import TraceContext, new_span_id

Annotations = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Interval:
    """Seconds since the epoch."""

    started: float
    ended: float


def segment(
    parent: TraceContext,
    interval: Interval,
    *,
    name: str,
    annotations: Annotations,
    failed: bool,
) -> dict[str, Any]:
    """Work on its own that another began. Traces can be searched for by what is annotated."""
    return {
        **_document(parent, interval, name),
        "origin": "AWS::Lambda::Function",
        "annotations": dict(annotations),
        "error": failed,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Of AWS: `status` is HTTP's, and None where no answer came."""

    service: str
    operation: str
    region: str
    status: int | None
    request_id: str | None


def subsegment(parent: TraceContext, interval: Interval, call: Call) -> dict[str, Any]:
    """A call that the work which is `parent` waited for."""
    status = call.status or 500
    named = {"operation": call.operation, "region": call.region, "request_id": call.request_id}
    answered = {} if call.status is None else {"http": {"response": {"status": call.status}}}
    return {
        **_document(parent, interval, call.service),
        "type": "subsegment",
        "namespace": "aws",
        "aws": {name: value for name, value in named.items() if value},
        **answered,
        "throttle": status == 429,
        "error": 400 <= status < 500,
        "fault": status >= 500,
    }


def _document(parent: TraceContext, interval: Interval, name: str) -> dict[str, Any]:
    return {
        "trace_id": parent.amazon_trace_id,
        "parent_id": parent.span_id,
        "id": new_span_id(),
        "name": name,
        "start_time": interval.started,
        "end_time": interval.ended,
    }
