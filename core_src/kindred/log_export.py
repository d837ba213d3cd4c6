"""Which day of which log is put away next: one export at a time, which is all that AWS runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

TaskState = Literal["active", "done", "failed"]

# A day is tried again while logs are kept, but not for ever.
_MOST_ATTEMPTS = 3
# How far back a day is looked for that was missed, such as over a weekend without exports.
CATCH_UP = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    """`retention_days` is None where nothing is ever deleted; `created` is a day in UTC."""

    name: str
    created: date
    retention_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One day of one log, in UTC."""

    group: str
    day: date

    @property
    def name(self) -> str:
        """Of the task, by which it is known again."""
        return f"{self.day.isoformat()} {self.group}"

    @property
    def prefix(self) -> str:
        """Of the objects in the bucket."""
        return f"logs/{self.group.strip('/')}/{self.day:%Y/%m/%d}"

    @property
    def milliseconds(self) -> tuple[int, int]:
        """From and to, since the epoch; both ends belong to it."""
        start = datetime.combine(self.day, time(), UTC)
        end = start + timedelta(days=1)
        return int(start.timestamp() * 1_000), int(end.timestamp() * 1_000) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    name: str
    state: TaskState


def next_export(
    groups: Iterable[LogGroup], tasks: Sequence[Task], *, today: date, after_days: int
) -> Export | None:
    """The oldest day that is due, or None where nothing is or an export runs.

    Whatever environment it belongs to: an account runs one export at a time.
    """
    if any(task.state == "active" for task in tasks):
        return None
    done = {task.name for task in tasks if task.state == "done"}
    failed = [task.name for task in tasks if task.state == "failed"]
    due = (
        export
        for group in groups
        for export in _due(group, today=today, after_days=after_days)
        if export.name not in done and failed.count(export.name) < _MOST_ATTEMPTS
    )
    return min(due, key=lambda export: (export.day, export.group), default=None)


def _due(group: LogGroup, *, today: date, after_days: int) -> Iterable[Export]:
    """Days that are old enough, and still there as a whole."""
    newest = today - timedelta(days=after_days)
    oldest = max(group.created, newest - CATCH_UP + timedelta(days=1))
    if group.retention_days is not None:
        oldest = max(oldest, today - timedelta(days=group.retention_days - 1))
    for offset in range((newest - oldest).days + 1):
        yield Export(group=group.name, day=oldest + timedelta(days=offset))
