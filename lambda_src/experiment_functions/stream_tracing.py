"""A request's trace goes on where a consumer of the stream handles what the request sent."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from experiment_functions.stream_observation import logger
from kindred.experiments.events import Event
from kindred.tracing.segments import Interval, segment
from kindred.tracing.trace_context import from_traceparent
from kindred_aws.function_tracing import traced_session
from kindred_aws.trace_segments import TraceSegments


def continue_traces(
    events: Iterable[Event], interval: Interval, *, consumer: str, whole: bool
) -> None:
    """One segment a traced request; `whole` unless something of the batch comes again."""
    sampled = Counter(
        parent
        for parent in (from_traceparent(event.traceparent) for event in events)
        if parent is not None and parent.sampled
    )
    documents: list[dict[str, Any]] = [
        segment(
            parent,
            interval,
            name=consumer,
            annotations={"consumer": consumer, "events": count},
            failed=not whole,
        )
        for parent, count in sampled.items()
    ]
    problem = _segments().put(documents) if documents else None
    if problem is not None:
        logger().warning("traces not continued", reason=problem, traces=len(documents))


@cache
def _segments() -> TraceSegments:
    from botocore.config import Config

    # One attempt, soon given up: events must not wait for X-Ray.
    config = Config(connect_timeout=0.5, read_timeout=1, retries={"total_max_attempts": 1})
    region = os.environ["AWS_REGION"]
    client: Any = traced_session().create_client("xray", region_name=region, config=config)
    return TraceSegments(client)
