"""Checks of one limit: as many minutes as bring enough requests, and k of the last n of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """Of `requests` in `minutes`, `bad` were bad and `allowed` might have been."""

    minutes: int
    requests: int
    bad: int
    allowed: float

    @property
    def is_broken(self) -> bool:
        return self.bad > self.allowed


@dataclass(slots=True, kw_only=True)
class Checks:
    """`needed` of the last `of` checks break the limit; each has `minimum_requests` or more."""

    needed: int
    of: int
    minimum_requests: int
    recent: deque[Check] = field(default_factory=deque)
    _open: Check = field(default=Check(0, 0, 0, 0.0))

    def add(self, requests: int, bad: int, allowed: float) -> None:
        """One more minute."""
        before = self._open
        check = Check(
            before.minutes + 1,
            before.requests + requests,
            before.bad + bad,
            before.allowed + allowed,
        )
        if check.requests < self.minimum_requests:
            self._open = check
            return
        self._open = Check(0, 0, 0, 0.0)
        self.recent.append(check)
        if len(self.recent) > self.of:
            self.recent.popleft()

    @property
    def broken(self) -> int:
        return sum(check.is_broken for check in self.recent)

    @property
    def is_limit_broken(self) -> bool:
        return self.broken >= self.needed

    @property
    def minutes(self) -> int:
        """From the beginning of the recent checks until now."""
        return sum(check.minutes for check in self.recent) + self._open.minutes

    @property
    def share(self) -> float:
        """Of bad requests, in the recent checks."""
        return sum(check.bad for check in self.recent) / sum(c.requests for c in self.recent)

    def in_words(self) -> str:
        """E.g. "in 2 of the last 2 minutes", or "in 1 of the last 2 checks (9 minutes)"."""
        minutes = sum(check.minutes for check in self.recent)
        count = len(self.recent)
        if minutes == count:
            return f"in {self.broken} of the last {count} {'minute' if count == 1 else 'minutes'}"
        return f"in {self.broken} of the last {count} checks ({minutes} minutes)"
