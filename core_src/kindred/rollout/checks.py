"""Checks of one limit: as many minutes as bring enough requests, and k of the last n of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple


class Check(NamedTuple):
    """Of `requests` in `minutes`, `bad` were bad where `allowed` might have been."""

    minutes: int = 0
    requests: int = 0
    bad: int = 0
    allowed: float = 0.0

    @property
    def is_broken(self) -> bool:
        return self.bad > self.allowed


NOTHING = Check()


@dataclass(slots=True, kw_only=True)
class Checks:
    """The limit is broken if `needed` of the last `of` checks break it.

    A check is over once it has `minimum_requests`. `broken` counts those among the `recent`;
    `newest` is the check, over or not, to which the last minute belongs.
    """

    needed: int
    of: int
    minimum_requests: int
    recent: deque[Check] = field(default_factory=deque)
    broken: int = 0
    newest: Check = NOTHING
    _unfinished: Check = NOTHING

    def add(self, requests: int, bad: int, allowed: float) -> None:
        """One more minute."""
        minutes, requests_before, bad_before, allowed_before = self._unfinished
        check = Check(
            minutes + 1, requests_before + requests, bad_before + bad, allowed_before + allowed
        )
        self.newest = self._unfinished = check
        if check.requests >= self.minimum_requests:
            self._unfinished = NOTHING
            self.recent.append(check)
            self.broken += check.is_broken
            if len(self.recent) > self.of:
                self.broken -= self.recent.popleft().is_broken

    @property
    def is_limit_broken(self) -> bool:
        return self.broken >= self.needed

    @property
    def minutes(self) -> int:
        """From the beginning of the recent checks until now."""
        return sum(check.minutes for check in self.recent) + self._unfinished.minutes

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
