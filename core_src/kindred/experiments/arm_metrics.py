"""What an experiment's arms did in a window of time, as one task saw it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from kindred.experiments.bucketing import Arm
from kindred.experiments.latency_histogram import LatencyHistogram

Operation = Literal["find_similar", "predict"]
OutcomeKind = Literal["click", "conversion", "performance", "satisfaction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRequest:
    """One answered request. `latency_ms` is measured inside the service."""

    experiment_id: str
    arm: Arm
    # Not seen in the 24 hours before.
    new_unit: bool
    operation: Operation
    latency_ms: float
    failed: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to an app after it was served.

    `value` is 1 for a click, US dollars for a conversion, the absolute error of a prediction for a
    performance and 1 to 5 for a satisfaction. `event_id` makes it count once.
    """

    event_id: str
    kind: OutcomeKind
    experiment_id: str
    arm: Arm
    value: float
    at: float


@dataclass(slots=True)
class ArmWindow:
    """Totals of one arm in one window. Only one task writes it, so writing it twice is harmless."""

    window_start: int
    experiment_id: str
    arm: Arm
    latencies: LatencyHistogram = field(default_factory=LatencyHistogram)
    units_count: int = 0
    errors_count: int = 0
    impressions_count: int = 0
    outcome_counts: dict[OutcomeKind, int] = field(default_factory=dict)
    outcome_totals: dict[OutcomeKind, float] = field(default_factory=dict)
    counted_ids: frozenset[str] = frozenset()

    def add_request(self, request: ServedRequest) -> None:
        self.latencies.add(request.latency_ms)
        self.units_count += request.new_unit
        self.errors_count += request.failed
        self.impressions_count += request.operation == "find_similar" and not request.failed

    def copy(self) -> ArmWindow:
        """A snapshot that later requests do not change."""
        return replace(self, latencies=self.latencies.copy())

    def with_outcomes(self, outcomes: Iterable[Outcome]) -> ArmWindow:
        """A copy that counts `outcomes` too; this one stays, in case they are refused."""
        counts, totals = dict(self.outcome_counts), dict(self.outcome_totals)
        counted = set(self.counted_ids)
        for outcome in outcomes:
            if outcome.event_id in counted:
                continue
            counted.add(outcome.event_id)
            counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
            totals[outcome.kind] = totals.get(outcome.kind, 0.0) + outcome.value
        return replace(
            self, outcome_counts=counts, outcome_totals=totals, counted_ids=frozenset(counted)
        )

    def take_outcomes(self, counted: ArmWindow) -> None:
        """Hold the outcomes that `counted`, a later copy of this window, holds."""
        self.outcome_counts = counted.outcome_counts
        self.outcome_totals = counted.outcome_totals
        self.counted_ids = counted.counted_ids

    def values(self) -> dict[str, int | float]:
        """The columns of `ab_metrics`. A rate whose denominator is zero is left out."""
        counts, totals = self.outcome_counts, self.outcome_totals
        values: dict[str, int | float] = {
            "requests_count": self.latencies.count,
            "units_count": self.units_count,
            "errors_count": self.errors_count,
            "impressions_count": self.impressions_count,
            "avg_latency_ms": round(self.latencies.mean_ms, 3),
            "p99_latency_ms": round(self.latencies.percentile_ms(99), 3),
            "clicks_count": counts.get("click", 0),
            "conversions_count": counts.get("conversion", 0),
            "revenue_usd": round(totals.get("conversion", 0.0), 6),
            "performance_count": counts.get("performance", 0),
            "satisfaction_count": counts.get("satisfaction", 0),
        }
        if self.impressions_count:
            values["ctr"] = counts.get("click", 0) / self.impressions_count
        if observed := counts.get("performance"):
            values["prediction_error"] = totals["performance"] / observed
        if rated := counts.get("satisfaction"):
            values["satisfaction_score"] = totals["satisfaction"] / rated
        return values


def window_start(at: float, *, window_seconds: int) -> int:
    """The epoch second at which the window that holds `at` begins."""
    return int(at // window_seconds) * window_seconds
