"""The id by which a client and we speak of one request."""

from __future__ import annotations

import re

HEADER = "x-correlation-id"
# What can stand in a log line and in a header as it is.
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:=-]{1,128}")


def acceptable(given: str | None) -> str | None:
    """The id, or None for one that cannot be used."""
    return given if given and _ACCEPTABLE.fullmatch(given) else None
