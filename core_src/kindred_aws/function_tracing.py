"""The trace that a function's invocation is part of, and what it calls as parts of it.

Lambda runs X-Ray's daemon beside an invocation that is traced, and takes what it is sent by UDP:
no library, no layer, and nothing to wait for.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from kindred.tracing.segments import Call, Interval, subsegment
from kindred.tracing.trace_context import TraceContext, from_amazon_header

if TYPE_CHECKING:
    from botocore.session import Session

_HEADER = b'{"format": "json", "version": 1}\n'
_STARTED = "kindred_trace_started"


def current_trace() -> TraceContext | None:
    """None where nothing traces, as outside Lambda."""
    return from_amazon_header(os.environ.get("_X_AMZN_TRACE_ID"))


def current_traceparent() -> str | None:
    here = current_trace()
    return here.traceparent if here else None


@cache
def traced_session() -> Session:
    """One whose clients' calls are told to X-Ray where the invocation is traced.

    Of all the function's clients: each session by itself reads what AWS's endpoints are, which is
    most of what a client costs (89 ms of CPU, and 6 for the next client of the same session).
    """
    # Most of what a cold start costs: with the first client, not before.
    from botocore.session import get_session

    session = get_session()
    session.register("before-call", _begin)
    session.register("after-call", _end)
    session.register("after-call-error", _end)
    return session


def _begin(**told: Any) -> None:
    told["context"][_STARTED] = time.time()


def _end(**told: Any) -> None:
    """`told` has an exception in place of an answer when none came."""
    here = current_trace()
    started = told["context"].get(_STARTED)
    _, service, operation = told["event_name"].split(".", 2)
    if here is None or not here.sampled or started is None or service == "xray":
        return
    answer = told.get("http_response")
    call = Call(
        service=service,
        operation=operation,
        region=os.environ.get("AWS_REGION", ""),
        status=answer.status_code if answer is not None else None,
        request_id=told.get("parsed", {}).get("ResponseMetadata", {}).get("RequestId"),
    )
    _send(subsegment(here, Interval(started, time.time()), call))


def _send(document: dict[str, Any]) -> None:
    """A trace is never a reason to fail: what cannot be sent is lost."""
    host, _, port = os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
    if host and port.isdecimal():
        with contextlib.suppress(OSError):
            _socket().sendto(_HEADER + json.dumps(document).encode(), (host, int(port)))


@cache
def _socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
