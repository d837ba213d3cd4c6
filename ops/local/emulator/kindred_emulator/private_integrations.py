"""API Gateway's HTTP integrations through a VPC link, to the emulated load balancer."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from ministack.core.responses import StreamingResponse, get_request_client_ip
from ministack.services import alb, apigateway_v1

from .request_mapping import map_request

HOP_BY_HOP = frozenset(
    {"connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
PORTS = {"http": 80, "https": 443}
Response = tuple[int, dict[str, Any], Any]

_call: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("kindred_api_call")


def install() -> None:
    """Replace the emulator's HTTP proxy where the integration goes through a VPC link."""
    execute, proxy = apigateway_v1._execute_in_scope, apigateway_v1._invoke_http_proxy_v1

    async def remembering(request: dict[str, Any], *rest: Any) -> Any:
        _call.set(request)
        return await execute(request, *rest)

    async def through_link(
        integration: dict[str, Any], path: str, method: str, headers: dict[str, str],
        body: bytes, query: dict[str, list[str]], path_parameters: dict[str, str] | None = None,
    ) -> Any:  # fmt: skip
        if integration.get("connectionType") != "VPC_LINK":
            return await proxy(integration, path, method, headers, body, query, path_parameters)
        return await _forward(integration, _call.get(), method, body)

    apigateway_v1._execute_in_scope = remembering
    apigateway_v1._invoke_http_proxy_v1 = through_link


async def _forward(
    integration: dict[str, Any], call: dict[str, Any], method: str, body: bytes
) -> Any:
    uri = urlsplit(integration["uri"])
    load_balancer = alb._lbs.get(integration.get("integrationTarget")) or alb.find_lb_for_host(
        uri.hostname or ""
    )
    if load_balancer is None:
        return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
    mapped = map_request(integration, call)
    wanted = integration.get("httpMethod") or method
    # A private integration's request path begins with the stage, as on AWS.
    path = f"/{call['stage_name']}{mapped.fill_path(uri.path or '/')}"
    status, headers, content = await alb.dispatch_request(
        load_balancer,
        method if wanted == "ANY" else wanted,
        path,
        {**mapped.headers, "host": uri.netloc},
        body,
        mapped.query,
        uri.port or PORTS.get(uri.scheme, 80),
        client_ip=get_request_client_ip(),
        raw_query_string=urlencode(mapped.query, doseq=True),
    )
    kept = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
    if isinstance(content, StreamingResponse):
        content = await _collected(content.runner)
    return status, kept, content


async def _collected(
    stream: Callable[[Callable[[dict[str, Any]], Awaitable[None]], Any], Awaitable[None]],
) -> bytes:
    """API Gateway answers when it has the whole body."""
    chunks: list[bytes] = []

    async def send(message: dict[str, Any]) -> None:
        chunks.append(message.get("body", b""))

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    await stream(send, never)
    return b"".join(chunks)
