"""Leads a visitor of a page under test to their variation of it, before any cache is asked."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edge_functions.viewer_events import found, hand_on, page_of
from kindred.experiments.split_url import SplitUrl

# Baked in at synthesis: Lambda@Edge has no environment.
CONFIGURATION = "configuration.json"


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """A viewer-request event's answer: a redirect, or the request itself.

    Who stays on the page cannot be given a cookie here; `keep_variation` sets it on the response.
    """
    request: dict[str, Any] = event["Records"][0]["cf"]["request"]
    hand_on(request["headers"], {})
    if request["method"] not in ("GET", "HEAD"):
        # A redirect would lose what was sent.
        return request
    decision = split_url().decide(page_of(request), new_visitor=lambda: uuid.uuid4().hex)
    if decision.location is not None:
        return found(decision.location, decision.cookies)
    hand_on(request["headers"], decision.cookies)
    return request


@cache
def split_url() -> SplitUrl:
    return SplitUrl(json.loads(Path(__file__).with_name(CONFIGURATION).read_text("utf-8")))
