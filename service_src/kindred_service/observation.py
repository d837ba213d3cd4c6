"""Wraps every request: a correlation id from the edge through, one log line, its metrics.

Also the last resort: what nobody expected is logged here, and answered without its trace.
"""

from __future__ import annotations

import re
import time
import uuid
from typing import Protocol

from aws_lambda_powertools import Logger
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kindred_service.problems import internal_error

CORRELATION_HEADER = "x-correlation-id"
# API Gateway's own id of the request, which it sends along: used where the client sent none.
_GATEWAY_HEADER = "x-gateway-request-id"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:=-]{1,128}")
_QUIET_PATHS = ("/healthz", "/readyz", "/metrics")


class CountsRequests(Protocol):
    def count_request(self, method: str, route: str, status: int, latency_ms: float) -> None: ...


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
        correlation_id = _correlation_id(headers)
        scope["correlation_id"] = correlation_id
        self._logger.thread_safe_append_keys(
            correlation_id=correlation_id, gateway_request_id=_acceptable(headers, _GATEWAY_HEADER)
        )
        scope["started"] = time.perf_counter()
        status = 500

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[CORRELATION_HEADER] = correlation_id
            await send(message)

        try:
            await self._app(scope, receive, send_observed)
        except Exception:
            self._logger.exception("request failed")
            await internal_error(correlation_id)(scope, receive, send_observed)
        finally:
            self._observe(scope, status, (time.perf_counter() - scope["started"]) * 1_000)

    def _observe(self, scope: Scope, status: int, latency_ms: float) -> None:
        if scope["path"] in _QUIET_PATHS:
            return
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.count_request(scope["method"], route, status, latency_ms)
        self._logger.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            latency_ms=round(latency_ms, 3),
        )


def _correlation_id(headers: Headers) -> str:
    return (
        _acceptable(headers, CORRELATION_HEADER)
        or _acceptable(headers, _GATEWAY_HEADER)
        or str(uuid.uuid4())
    )


def _acceptable(headers: Headers, name: str) -> str | None:
    given = headers.get(name)
    return given if given and _ACCEPTABLE.fullmatch(given) else None
