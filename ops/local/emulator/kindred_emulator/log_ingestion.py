"""What CloudWatch Logs does with a line that arrives: metrics out of it, and old ones dropped."""

from __future__ import annotations

import contextvars
import json
import threading
from typing import Any

from ministack.core import iam_actions
from ministack.services import cloudwatch, cloudwatch_logs

from .embedded_metrics import read_metrics

EVENTS_KEPT = 5_000
POINTS_KEPT = 5_000
EVALUATION_SECONDS = 0.5
# Where the request's body stands among the arguments of `extract_resource_arn` after the service.
BODY = 3

_none_planned = threading.Lock()


def install() -> None:
    """Read every log event that CloudWatch Logs takes, and keep its memory bounded."""
    put_log_events = cloudwatch_logs._put_log_events

    def reading(request: dict[str, Any]) -> Any:
        response = put_log_events(request)
        found = False
        for event in request.get("logEvents", []):
            for datum in read_metrics(event.get("message", "")):
                cloudwatch._store_datum(**datum, counts=None, stat_values=None)
                found = True
        if found:
            _evaluate_alarms_soon()
        _drop_old(request)
        return response

    cloudwatch_logs._put_log_events = reading
    _authorize_streams()


def _evaluate_alarms_soon() -> None:
    """Once a while, however many lines come: each evaluation looks at every point that is kept."""
    if not _none_planned.acquire(blocking=False):
        return
    scope = contextvars.copy_context()
    timer = threading.Timer(EVALUATION_SECONDS, scope.run, [_evaluate_alarms])
    timer.daemon = True
    timer.start()


def _evaluate_alarms() -> None:
    _none_planned.release()
    cloudwatch._evaluate_all_alarms()


def _authorize_streams() -> None:
    """A call on a stream is checked on the stream's ARN, which `log-group:NAME:*` covers."""
    resource_arn = iam_actions.extract_resource_arn

    def with_stream(service: str, *rest: Any) -> str:
        arn = str(resource_arn(service, *rest))
        stream = _stream_name(rest[BODY]) if service == "logs" else None
        return f"{arn}:log-stream:{stream}" if stream else arn

    iam_actions.extract_resource_arn = with_stream


def _stream_name(body: bytes) -> str | None:
    try:
        name = json.loads(body).get("logStreamName")
    except (ValueError, AttributeError):
        return None
    return str(name) if name else None


def _drop_old(request: dict[str, Any]) -> None:
    group = cloudwatch_logs._log_groups.get(request.get("logGroupName"), {})
    stream = group.get("streams", {}).get(request.get("logStreamName"))
    if stream and len(stream["events"]) > 2 * EVENTS_KEPT:
        for event in stream["events"][:-EVENTS_KEPT]:
            cloudwatch_logs._log_records.pop(event["eventId"], None)
        stream["events"] = stream["events"][-EVENTS_KEPT:]
    for points in cloudwatch._metrics.values():
        if len(points) > 2 * POINTS_KEPT:
            del points[:-POINTS_KEPT]
