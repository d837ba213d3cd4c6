"""CloudFront's way to the emulated REST APIs, and viewers without TLS."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import parse_qs, unquote

from ministack import app
from ministack.services import cloudfront

API_HOST = ".execute-api."
Origin = dict[str, Any]


def install() -> None:
    """Where the emulator knows no API behind an address of AWS, and has no certificate to show."""
    fetch = cloudfront._fetch_from_origin

    async def fetch_from_origin(
        origin: Origin, method: str, uri: str, query: str, headers: dict[str, str], body: bytes,
        viewer_is_https: bool, client_ip: str, viewer_xff: str, distribution: str,
    ) -> Any:  # fmt: skip
        if API_HOST in origin["domain_name"]:
            sent = cloudfront._origin_request_headers(origin, headers, client_ip, viewer_xff)
            return await _from_api(origin, method, uri, query, sent, body)
        return await fetch(
            origin, method, uri, query, headers, body,
            viewer_is_https, client_ip, viewer_xff, distribution,
        )  # fmt: skip

    cloudfront._fetch_from_origin = fetch_from_origin
    cloudfront._check_viewer_protocol_policy = _every_viewer_counts_as_https


async def _from_api(
    origin: Origin, method: str, uri: str, query: str, headers: dict[str, str], body: bytes
) -> tuple[int, str, dict[str, Any], bytes]:
    """Status, reason, headers and body of the API's stage that the origin's path names."""
    host, stage = origin["domain_name"], origin.get("origin_path") or ""
    answer = await app._handle_execute_api_request(
        host,
        # The emulator knows an API by this path wherever its host is not its own.
        f"/_aws/execute-api/{host.partition(API_HOST)[0]}{stage}{unquote(uri)}",
        method,
        {name.lower(): value for name, value in headers.items()},
        body or b"",
        parse_qs(query, keep_blank_values=True),
        raw_query_string=query,
    )
    if answer is None:
        raise cloudfront.OriginUnreachable(f"{host} is no API of this emulator")
    status, found, content = answer
    lowered = {name.lower(): value for name, value in found.items()}
    return status, http.client.responses.get(status, ""), lowered, content


def _every_viewer_counts_as_https(*_: Any) -> None:
    """Nothing here has TLS, as with calls of AWS's own APIs."""
