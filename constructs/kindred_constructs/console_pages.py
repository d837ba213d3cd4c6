"""The function that answers at the edge for pages of the console that do not exist."""

from __future__ import annotations

import json
from pathlib import Path

_MISSING = Path(__file__).parents[2] / "console" / "404.html"
_FUNCTION = Path(__file__).with_name("console_pages.js")
# CloudFront's limit for the code of a function.
MOST_BYTES = 10_240


def pages_function() -> str:
    """Its code, with the page that it answers baked in. Raises ValueError when it is too long."""
    missing = json.dumps(_MISSING.read_text("utf-8"))
    code = _FUNCTION.read_text("utf-8").replace('"<404.html>"', missing)
    if len(code.encode()) > MOST_BYTES:
        raise ValueError(
            f"console_pages.js: given {len(code.encode())} bytes, allowed {MOST_BYTES}"
        )
    return code
