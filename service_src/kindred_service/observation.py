"""Wraps every request: a correlation id from the edge through, a span, one log line, metrics.

Also the last resort: what nobody expected is logged here, and answered without its trace.
"""

from __future__ import annotations

import time
import uuid
from typing import Protocol

from aws_lambda_powertools import Logger
from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kindred.tracing.correlation import HEADER, acceptable
from kindred_service.problems import internal_error
from kindred_service.request_sampling import REQUEST
from kindred_service.tracing import AMAZON_HEADER, current_trace, parent_of

# API Gateway's own id of the request, which it sends along: used where the client sent none.
_GATEWAY_HEADER = "x-gateway-request-id"
_QUIET_PATHS = ("/healthz", "/readyz", "/metrics")
_tracer = trace.get_tracer("kindred_service")


class CountsRequests(Protocol):
    def count_request(self, method: str, route: str, status: int, latency_ms: float) -> None: ...

    def count_unfinished(self) -> None: ...


class Observation:
    def __init__(self, app: ASGIApp, *, metrics: CountsRequests, logger: Logger) -> None:
        self._app = app
        self._metrics = metrics
        self._logger = logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope["correlation_id"] = _correlation_id(headers)
        with _tracer.start_as_current_span(
            scope["method"], parent_of(headers.get(AMAZON_HEADER)), trace.SpanKind.SERVER
        ) as span:
            await self._answer(scope, receive, send, headers, span)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, headers: Headers, span: trace.Span
    ) -> None:
        correlation_id = scope["correlation_id"]
        self._log_as_part_of(correlation_id, headers)
        scope["started"] = time.perf_counter()
        status, finished = 500, False

        async def send_observed(message: Message) -> None:
            nonlocal status, finished
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = correlation_id
            await send(message)
            if message["type"] == "http.response.body":
                finished = not message.get("more_body")

        try:
            await self._app(scope, receive, send_observed)
        except Exception:
            self._logger.exception("request failed")
            await internal_error(correlation_id)(scope, receive, send_observed)
        finally:
            if not finished and scope["path"] not in _QUIET_PATHS:
                # Stopped on the way, as when the process ends.
                self._metrics.count_unfinished()
            self._observe(scope, status, (time.perf_counter() - scope["started"]) * 1_000)
            if span.is_recording():
                _describe(span, scope, status)

    def _log_as_part_of(self, correlation_id: str, headers: Headers) -> None:
        """What every line of this request can be found by."""
        here = current_trace()
        self._logger.thread_safe_append_keys(
            correlation_id=correlation_id,
            gateway_request_id=acceptable(headers.get(_GATEWAY_HEADER)),
            # By the name that the gateway's access log gives it.
            trace_id=here.amazon_trace_id if here else None,
        )

    def _observe(self, scope: Scope, status: int, latency_ms: float) -> None:
        if scope["path"] in _QUIET_PATHS:
            return
        route = _route(scope)
        self._metrics.count_request(scope["method"], route, status, latency_ms)
        self._logger.info(
            REQUEST,
            method=scope["method"],
            route=route,
            status=status,
            latency_ms=round(latency_ms, 3),
        )


def _route(scope: Scope) -> str:
    path: str = getattr(scope.get("route"), "path", "unmatched")
    return path


def _describe(span: trace.Span, scope: Scope, status: int) -> None:
    """The route, never the path: a path may name a unit."""
    route = _route(scope)
    span.update_name(f"{scope['method']} {route}")
    span.set_attributes(
        {
            "http.request.method": scope["method"],
            "http.route": route,
            "http.response.status_code": status,
            "kindred.correlation_id": scope["correlation_id"],
        }
    )
    if status >= 500:
        span.set_status(trace.StatusCode.ERROR)


def _correlation_id(headers: Headers) -> str:
    return (
        acceptable(headers.get(HEADER))
        or acceptable(headers.get(_GATEWAY_HEADER))
        or str(uuid.uuid4())
    )
