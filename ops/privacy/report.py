"""The proof that a unit was forgotten: what was looked at and found, naming nobody."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from ops.privacy.passes import Seen

# The stream gives nothing back and forgets by itself: what its readers had not read comes later.
STREAM_DAYS = 7

Report = dict[str, Any]


def report(
    environment: str, *, removed: Sequence[Seen], after: Sequence[Seen], at: datetime
) -> Report:
    """`clean` says that the second look, at all of every store, found nothing.

    Of what both looks noted, once: why something was left is known to the first alone.
    """
    return {
        "report": str(uuid.uuid4()),
        "environment": environment,
        "at": at.isoformat(timespec="seconds"),
        "clean": _clean(after),
        "stores": [
            {
                **asdict(before),
                "found_afterwards": later.found,
                "notes": [*dict.fromkeys((*before.notes, *later.notes))],
            }
            for before, later in zip(removed, after, strict=True)
        ],
        "again_after": (at + timedelta(days=STREAM_DAYS)).date().isoformat(),
    }


def looked(environment: str, seen: Sequence[Seen], *, at: datetime) -> Report:
    """Of a look alone: nothing was removed."""
    return {
        "report": str(uuid.uuid4()),
        "environment": environment,
        "at": at.isoformat(timespec="seconds"),
        "clean": _clean(seen),
        "stores": [asdict(each) for each in seen],
    }


def _clean(seen: Sequence[Seen]) -> bool:
    return all(each.whole and not each.found for each in seen)


def as_table(document: Report) -> Table:
    table = Table(box=None, pad_edge=False)
    columns = ("store", "looked_at", "found", "removed", "found_afterwards")
    shown = [name for name in columns if name in document["stores"][0]]
    for name in shown:
        table.add_column(name.replace("_", " "), justify="left" if name == "store" else "right")
    for store in document["stores"]:
        table.add_row(*(f"{store[name]:,}" if name != "store" else store[name] for name in shown))
    return table
