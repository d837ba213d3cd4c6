"""What a canary is held to, and how much has to be seen first."""

from __future__ import annotations

import math
from dataclasses import dataclass


class InvalidThresholds(ValueError):
    """The message says what was given and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The seed's limits by default, all of them for the canary.

    Rates, differences and tolerances are shares of 1. `error_rate` bounds 5XX over invocations;
    `error_rate_difference` and `latency_ratio` (of p99) bound it against the baseline;
    `latency_tolerance` says how much slower than the baseline p50 and p90 may clearly be.
    A check is as many whole minutes as bring `minimum_requests`; a limit is broken in at least
    `error_checks` of the last `error_checks_of` checks, latency likewise. A step is passed after
    `promotion_requests` (300 without one error bound the rate at 0.99 %, 95 % confidence).
    After `no_data_checks` judgements without data in a row somebody has to act: the caller counts.
    """

    p99_latency_ms: float = 100.0
    error_rate: float = 0.01
    latency_ratio: float = 2.0
    error_rate_difference: float = 0.05
    latency_tolerance: float = 0.25
    minimum_requests: int = 100
    promotion_requests: int = 300
    latency_checks: int = 3
    latency_checks_of: int = 3
    error_checks: int = 2
    error_checks_of: int = 2
    no_data_checks: int = 5

    def __post_init__(self) -> None:
        self._require("p99_latency_ms", low=1, high=60_000)
        self._require("error_rate", low=0.0001, high=0.5)
        self._require("latency_ratio", low=1.01, high=100)
        self._require("error_rate_difference", low=0.001, high=1)
        self._require("latency_tolerance", low=0, high=10)
        self._require("minimum_requests", low=1, high=100_000)
        self._require("promotion_requests", low=self.minimum_requests, high=1_000_000)
        self._require("latency_checks_of", low=1, high=20)
        self._require("latency_checks", low=1, high=self.latency_checks_of)
        self._require("error_checks_of", low=1, high=20)
        self._require("error_checks", low=1, high=self.error_checks_of)
        self._require("no_data_checks", low=1, high=100)

    def _require(self, name: str, *, low: float, high: float) -> None:
        given = getattr(self, name)
        whole = isinstance(Thresholds.__dataclass_fields__[name].default, int)
        if isinstance(given, bool) or not isinstance(given, int if whole else int | float):
            kind = "a whole number" if whole else "a number"
            raise InvalidThresholds(f"{name}: given {given!r}, allowed {kind}")
        if not (math.isfinite(given) and low <= given <= high):
            raise InvalidThresholds(f"{name}: given {given}, allowed {low:,} to {high:,}")
