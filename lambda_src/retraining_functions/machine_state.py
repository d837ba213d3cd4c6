"""What the machine's state carries between functions, read and written in one way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kindred.moments import moment
from kindred.retraining.run_names import checked_run_id

State = Mapping[str, Any]
# The first tenth of traffic is looked at this often while it is watched: hourly, of 48 hours.
_LOOKS = 48
# After that ever less often, down to four times a day. An execution may have 25,000 events; each
# look is nine of them, which makes 48 * 9 + 90 * 4 * 9 = 3,672 of an experiment of 90 days.
_MOST_TIMES_AS_LONG = 6


def run_id_of(state: State) -> str:
    """Raises InvalidRunId."""
    return checked_run_id(str(state.get("run_id", "")))


def started_at(state: State) -> datetime:
    return moment("started_at", state.get("started_at"))


def notice(state: State, headline: str, *lines: str) -> dict[str, str]:
    """What people are told; SNS takes 100 characters of a subject, and no control characters."""
    run = str(state.get("run_id", ""))
    return {
        "subject": f"Kindred: retraining {run}: {headline}"[:100],
        "message": "\n".join((f"Retraining {run}: {headline}.", *lines)),
    }


def seconds_to_next_look(looks: int, watch_hours: float) -> float:
    """After so many looks at an experiment: as often as it is watched first, then doubling."""
    doublings = min(max(0, looks + 1 - _LOOKS), _MOST_TIMES_AS_LONG)
    return watch_hours * 3600 / _LOOKS * min(2.0**doublings, _MOST_TIMES_AS_LONG)


def scaled_seconds(seconds: float, minute_seconds: int) -> int:
    """How long the machine is to wait, where a rollout's minute lasts `minute_seconds`."""
    return max(1, round(seconds * minute_seconds / 60))
