"""Keeps a visitor in the variation that shows the page itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge_functions.viewer_events import handed_on, set_cookies


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """A viewer-response event's response, with the cookies that `split_url` decided on.

    Set here they are in no cache: every visitor gets their own, also with a cached page.
    """
    cf = event["Records"][0]["cf"]
    response: dict[str, Any] = cf["response"]
    cookies = handed_on(cf["request"]["headers"])
    if cookies:
        response["headers"].setdefault("set-cookie", []).extend(set_cookies(cookies))
    return response
