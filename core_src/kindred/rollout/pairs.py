"""The minutes in which baseline and canary both served."""

from __future__ import annotations

from collections.abc import Sequence

from kindred.rollout.window import Window

Pair = tuple[Window, Window]  # baseline and canary, of the same minute


def pairs_of(baseline: Sequence[Window], canary: Sequence[Window]) -> list[Pair]:
    """Oldest first; a minute in which either was idle is not compared."""
    serving = {window.started_at: window for window in baseline if window.invocations}
    return [
        (serving[window.started_at], window)
        for window in canary
        if window.invocations and window.started_at in serving
    ]
