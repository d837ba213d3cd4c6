"""The secret's document: the generation in force and those before it, and the one that follows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from kindred.privacy.pseudonyms import Generation, Pseudonyms

# Everybody who makes pseudonyms has read the secret again by then.
NOTICE = timedelta(hours=1)
SHORTEST_KEY = 32


class UnreadableSecret(ValueError):
    """No document of generations; the message never repeats what it holds."""


def read_pseudonyms(document: str) -> Pseudonyms:
    """Of `{"number", "since", "key", "earlier": [the same]}`. Raises UnreadableSecret."""
    newest = _parsed(document)
    return Pseudonyms([_generation(newest), *map(_generation, newest.get("earlier", []))])


def rotated(document: str, *, key: str, now: datetime, keep: timedelta) -> str:
    """With a generation more, in force from the first midnight in UTC that leaves an hour's notice.

    One that was succeeded longer than `keep` ago is left out: nobody can tell any more whom what
    was stored under it is of. Raises UnreadableSecret.
    """
    held = read_pseudonyms(document).generations
    since = _next_midnight(now + NOTICE)
    ends = [each.since for each in held[1:]] + [since]
    earlier = [each for each, end in zip(held, ends, strict=True) if end > now - keep]
    return json.dumps(
        {
            **_written(Generation(number=held[-1].number + 1, since=since, key=key)),
            "earlier": [_written(each) for each in reversed(earlier)],
        }
    )


def _parsed(document: str) -> dict[str, Any]:
    try:
        parsed = json.loads(document)
    except json.JSONDecodeError:
        raise UnreadableSecret("given no JSON, allowed a document of generations") from None
    if not isinstance(parsed, dict):
        raise UnreadableSecret("given no object, allowed a document of generations")
    return parsed


def _generation(written: Any) -> Generation:
    try:
        number, key = int(written["number"]), str(written["key"])
        since = datetime.fromisoformat(written["since"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        raise UnreadableSecret("a generation has number, since and key") from None
    if len(key) < SHORTEST_KEY:
        raise UnreadableSecret(f"key: given {len(key)} characters, allowed {SHORTEST_KEY} or more")
    return Generation(number=number, since=since, key=key)


def _written(generation: Generation) -> dict[str, Any]:
    return {
        "number": generation.number,
        "since": generation.since.isoformat(),
        "key": generation.key,
    }


def _next_midnight(at: datetime) -> datetime:
    day = at.astimezone(UTC).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
