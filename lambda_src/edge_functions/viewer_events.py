"""CloudFront's viewer events as pages, and decisions as what CloudFront does next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from kindred.experiments.split_url import Page

YEAR_SECONDS = 31_536_000
# From the viewer-request function to the viewer-response function, which sees the request as the
# first one left it. What a client sends under this name is dropped.
HANDED_ON = "x-kindred-set-cookie"

Headers = dict[str, list[dict[str, str]]]


def page_of(request: Mapping[str, Any]) -> Page:
    """The page of a viewer's request. Its address is what the browser shows."""
    headers, query = request["headers"], request.get("querystring", "")
    host, path = _first(headers, "host"), request["uri"]
    return Page(
        url=f"https://{host}{path}" + (f"?{query}" if query else ""),
        cookies=_cookies(headers),
        attributes={
            "host": host,
            "path": path,
            "query": dict(parse_qsl(query, keep_blank_values=True)),
            "userAgent": _first(headers, "user-agent"),
            "language": _first(headers, "accept-language"),
        },
    )


def found(location: str, cookies: Mapping[str, str]) -> dict[str, Any]:
    """A redirect that no cache keeps: the next visitor may be led elsewhere."""
    return {
        "status": "302",
        "statusDescription": "Found",
        "headers": {
            "location": [{"key": "Location", "value": location}],
            "cache-control": [{"key": "Cache-Control", "value": "private, no-store"}],
            "set-cookie": set_cookies(cookies),
        },
    }


def set_cookies(cookies: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {
            "key": "Set-Cookie",
            "value": f"{name}={value}; Max-Age={YEAR_SECONDS}; Path=/; Secure; SameSite=Lax",
        }
        for name, value in cookies.items()
    ]


def hand_on(headers: Headers, cookies: Mapping[str, str]) -> None:
    """Leaves in a request's headers what its response has to set, and nothing of the client's."""
    headers.pop(HANDED_ON, None)
    if cookies:
        headers[HANDED_ON] = [{"key": HANDED_ON, "value": urlencode(cookies)}]


def handed_on(headers: Headers) -> dict[str, str]:
    return dict(parse_qsl(_first(headers, HANDED_ON)))


def _first(headers: Mapping[str, Any], name: str) -> str:
    values = headers.get(name) or [{}]
    return str(values[0].get("value", ""))


def _cookies(headers: Mapping[str, Any]) -> dict[str, str]:
    """Of a name that comes twice the first, which is the one of the longer path."""
    cookies: dict[str, str] = {}
    for header in headers.get("cookie", ()):
        for part in header["value"].split(";"):
            name, equals, value = part.strip().partition("=")
            if equals:
                cookies.setdefault(name, value)
    return cookies
