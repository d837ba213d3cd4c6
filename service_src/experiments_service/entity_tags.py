"""Entity tags as clients send them back (RFC 9110, section 13.1.2)."""

from __future__ import annotations


def matches(if_none_match: str | None, tag: str) -> bool:
    """Compares weakly, and takes a tag without its quotes, as some clients send it."""
    if if_none_match is None:
        return False
    given = [each.strip().removeprefix("W/").strip('"') for each in if_none_match.split(",")]
    return tag in given or given == ["*"]
