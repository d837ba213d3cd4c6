"""What an experiment's arm did on one day, folded from the windows of its minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kindred.experiments.bucketing import Arm

# A window's columns as `ArmWindow.values` gives them, and its `window_start`.
WindowValues = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyMetrics:
    """Totals of one arm and UTC day; means are None where nothing was counted to average.

    `units_count` are units that were not seen in the 24 hours before: each at most once a day.
    `windows_count` is 0 for a day of which nothing is known: no request came, or its windows are
    missing. `p99_latency_ms` is the mean of the windows' own, weighted by their requests; no true
    percentile of the day can be had from them, but it is at most `highest_p99_latency_ms`.
    """

    arm: Arm
    day: date
    windows_count: int = 0
    minutes_count: int = 0
    units_count: int = 0
    requests_count: int = 0
    errors_count: int = 0
    impressions_count: int = 0
    clicks_count: int = 0
    conversions_count: int = 0
    revenue_usd: float = 0.0
    performance_count: int = 0
    satisfaction_count: int = 0
    avg_latency_ms: float | None = None
    p99_latency_ms: float | None = None
    highest_p99_latency_ms: float | None = None
    prediction_error: float | None = None
    satisfaction_score: float | None = None

    @property
    def ctr(self) -> float | None:
        return self.clicks_count / self.impressions_count if self.impressions_count else None

    @property
    def is_missing(self) -> bool:
        return self.windows_count == 0


def fold_windows(arm: Arm, day: date, windows: Iterable[WindowValues]) -> DailyMetrics:
    """One row of `windows`, all of them the arm's and the day's, in any number and order."""
    kept = sorted(windows, key=lambda window: sorted(window.items()))

    def total(column: str) -> float:
        return sum(window.get(column, 0.0) for window in kept)

    def weighted(column: str, by: str) -> float | None:
        known = [window for window in kept if column in window and window.get(by, 0)]
        weight = sum(window[by] for window in known)
        return sum(window[column] * window[by] for window in known) / weight if weight else None

    return DailyMetrics(
        arm=arm,
        day=day,
        windows_count=len(kept),
        minutes_count=len({window["window_start"] for window in kept}),
        units_count=int(total("units_count")),
        requests_count=int(total("requests_count")),
        errors_count=int(total("errors_count")),
        impressions_count=int(total("impressions_count")),
        clicks_count=int(total("clicks_count")),
        conversions_count=int(total("conversions_count")),
        revenue_usd=total("revenue_usd"),
        performance_count=int(total("performance_count")),
        satisfaction_count=int(total("satisfaction_count")),
        avg_latency_ms=weighted("avg_latency_ms", "requests_count"),
        p99_latency_ms=weighted("p99_latency_ms", "requests_count"),
        highest_p99_latency_ms=max((w.get("p99_latency_ms", 0.0) for w in kept), default=None),
        prediction_error=weighted("prediction_error", "performance_count"),
        satisfaction_score=weighted("satisfaction_score", "satisfaction_count"),
    )
