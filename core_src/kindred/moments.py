"""Times as events and states carry them: text, with a zone."""

from __future__ import annotations

from datetime import UTC, datetime

_EXAMPLE = "2026-11-21T01:00:00Z"


def moment(name: str, given: object) -> datetime:
    """In UTC. Raises ValueError, which names the field."""
    try:
        at = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError(f"{name}: given {given!r}, allowed a time such as {_EXAMPLE}")
    return at.astimezone(UTC)
