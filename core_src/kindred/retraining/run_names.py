"""What a run of retraining is called, so that what starts it twice starts one."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# What is named after a run adds 27 characters at most to its id, and may have 63.
LONGEST = 36
_RUN_ID = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9])*")


class InvalidRunId(ValueError):
    """The name of a run that would not fit into what is named after it."""


def weekly_run_id(at: datetime) -> str:
    """One for every ISO week: `weekly-2026-W48`."""
    year, week, _ = at.astimezone(UTC).isocalendar()
    return f"weekly-{year}-W{week:02}"


def drift_run_id(since: datetime) -> str:
    """One for every time that the alarm went off: `drift-20261121T080000Z`."""
    return f"drift-{since.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def checked_run_id(given: str) -> str:
    """Raises InvalidRunId: the names of jobs, models and prefixes are made of it."""
    if len(given) > LONGEST or not _RUN_ID.fullmatch(given):
        raise InvalidRunId(
            f"run_id: given {given[:100]!r}, allowed 1 to {LONGEST} letters, digits and single "
            "hyphens between them, such as weekly-2026-W48"
        )
    return given
