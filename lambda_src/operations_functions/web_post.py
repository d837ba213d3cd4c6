"""Posts JSON to a service outside AWS, within seconds or not at all."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

_TIMEOUT_SECONDS = 5


class NotTaken(Exception):
    """The other side answered that it will not take the message."""


def post_json(
    url: str, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Its answer. Raises OSError where there was none or an error status came: Lambda retries."""
    request = urllib.request.Request(  # noqa: S310 (addresses of ours, below)
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
        said = json.loads(answer.read() or b"{}")
    return said if isinstance(said, dict) else {"answer": said}
