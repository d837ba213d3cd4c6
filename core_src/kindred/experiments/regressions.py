"""Whether the arm that is taking over does worse than the one it replaces, on one day."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.decision_words import percent
from kindred.experiments.statistics.proportions import pooled_z

# A watch lasts about a week and asks four questions a day: at 0.01 it seldom stops by mistake.
SURE_BELOW = 0.01
SLOWER_BY = 0.20
LESS_EXACT_BY = 0.10
LEAST_PERFORMANCES = 100
# Of ten requests the mean is a fifth off by chance on one day of five.
LEAST_REQUESTS = 100
# Of fewer requests a window's p99 is its slowest, which grows with the traffic an arm has.
LEAST_REQUESTS_PER_WINDOW = 100


def regressions(winner: DailyMetrics, other: DailyMetrics) -> tuple[str, ...]:
    """What got worse, in plain words; both rows are of one day, so that both saw the same day."""
    return (
        *_fewer_clicks(winner, other),
        *_more_errors(winner, other),
        *_slower(winner, other),
        *_less_exact(winner, other),
    )


def _fewer_clicks(winner: DailyMetrics, other: DailyMetrics) -> Iterator[str]:
    counted = [
        (min(row.clicks_count, row.impressions_count), row.impressions_count)
        for row in (other, winner)
    ]
    if (p_value := _fell(*counted)) is not None:
        yield f"click rate {_beside(winner.ctr, other.ctr, percent)}, p {p_value:.2g}"


def _more_errors(winner: DailyMetrics, other: DailyMetrics) -> Iterator[str]:
    counted = [(row.errors_count, row.requests_count) for row in (winner, other)]
    if (p_value := _fell(*counted)) is not None:
        rates = [errors / requests for errors, requests in counted]
        yield f"errors {_beside(rates[0], rates[1], percent)}, p {p_value:.2g}"


def _slower(winner: DailyMetrics, other: DailyMetrics) -> Iterator[str]:
    busy = all(
        row.requests_count >= LEAST_REQUESTS_PER_WINDOW * row.windows_count
        for row in (winner, other)
    )
    name, ours, theirs = (
        ("p99 latency", winner.p99_latency_ms, other.p99_latency_ms)
        if busy
        else ("mean latency", winner.avg_latency_ms, other.avg_latency_ms)
    )
    enough = min(winner.requests_count, other.requests_count) >= LEAST_REQUESTS
    if enough and ours is not None and theirs is not None and ours > theirs * (1 + SLOWER_BY):
        yield f"{name} {_beside(ours, theirs, '{:.1f} ms'.format)}"


def _less_exact(winner: DailyMetrics, other: DailyMetrics) -> Iterator[str]:
    ours, theirs = winner.prediction_error, other.prediction_error
    enough = min(winner.performance_count, other.performance_count) >= LEAST_PERFORMANCES
    if enough and ours is not None and theirs is not None and ours > theirs * (1 + LESS_EXACT_BY):
        yield f"prediction error {_beside(ours, theirs, '{:.4g}'.format)}"


def _fell(before: tuple[int, int], after: tuple[int, int]) -> float | None:
    """The p value where the share in `after` is surely smaller than in `before`, else None."""
    if not before[1] or not after[1]:
        return None
    difference = pooled_z(*before, *after)
    sure = difference.value < 0 and difference.p_value < SURE_BELOW
    return difference.p_value if sure else None


def _beside(ours: float | None, theirs: float | None, shown: Callable[[float], str]) -> str:
    return f"{shown(ours or 0.0)} beside {shown(theirs or 0.0)}"
