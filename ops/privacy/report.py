"""The proof that a unit was forgotten: what was looked at and found, naming nobody."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from ops.privacy.passes import Look, Seen

# The stream gives nothing back and forgets by itself: what its readers had not read comes later.
STREAM_DAYS = 7

Report = dict[str, Any]


def report(environment: str, *, removed: Look, after: Look, at: datetime) -> Report:
    """`clean` says that the second look, at all of every store of every region, found nothing."""
    later = {(each.region, each.store): each for each in after.seen}
    unanswered = sorted({*removed.unanswered, *after.unanswered})
    return {
        **_head(environment, at=at),
        "clean": _clean(after) and not unanswered,
        "unanswered": unanswered,
        "stores": [_twice(each, later.get((each.region, each.store))) for each in removed.seen],
        "again_after": (at + timedelta(days=STREAM_DAYS)).date().isoformat(),
    }


def looked(environment: str, look: Look, *, at: datetime) -> Report:
    """Of a look alone: nothing was removed."""
    return {
        **_head(environment, at=at),
        "clean": _clean(look),
        "unanswered": sorted(look.unanswered),
        "stores": [asdict(each) for each in look.seen],
    }


def _head(environment: str, *, at: datetime) -> Report:
    return {
        "report": str(uuid.uuid4()),
        "environment": environment,
        "at": at.isoformat(timespec="seconds"),
    }


def _twice(before: Seen, later: Seen | None) -> dict[str, Any]:
    """None was found afterwards where nobody looked: its region did not answer any more.

    Of what both looks noted, once: why something was left is known to the first alone.
    """
    return {
        **asdict(before),
        "found_afterwards": later.found if later else None,
        "notes": [*dict.fromkeys((*before.notes, *(later.notes if later else ())))],
    }


def _clean(look: Look) -> bool:
    return not look.unanswered and all(each.whole and not each.found for each in look.seen)


def as_table(document: Report) -> Table:
    table = Table(box=None, pad_edge=False)
    texts, numbers = ("region", "store"), ("looked_at", "found", "removed", "found_afterwards")
    shown = [name for name in numbers if name in document["stores"][0]]
    for name in (*texts, *shown):
        table.add_column(name.replace("_", " "), justify="left" if name in texts else "right")
    for store in document["stores"]:
        counts = (f"{store[name]:,}" if store[name] is not None else "" for name in shown)
        table.add_row(*(store[name] for name in texts), *counts)
    return table
