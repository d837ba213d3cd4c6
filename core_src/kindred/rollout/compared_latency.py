"""Is the canary slower than the baseline? Percentiles of minutes, compared by their ranks."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from kindred.rollout.checks import Checks
from kindred.rollout.finding import Finding, milliseconds
from kindred.rollout.latency_ranks import mann_whitney_tail
from kindred.rollout.pairs import Pair
from kindred.rollout.thresholds import Thresholds

# One-sided, of a confidence of 98 % as Kayenta's Mann-Whitney test has it. Fewer minutes than
# five cannot be as improbable.
P_VALUE = 0.01
LEAST_MINUTES = 5
# Older points than these would hide that a canary has become slow.
COMPARED_MINUTES = 10
# Less than this share of the p99 objective harms nobody, however many times the baseline it is.
NOTICEABLE = 0.05


class _Point(NamedTuple):
    """A percentile of one minute; above `limit_ms` it is too slow beside the baseline's."""

    canary_ms: float
    baseline_ms: float
    limit_ms: float


def compare_latency(pairs: Sequence[Pair], thresholds: Thresholds) -> list[Finding]:
    """Of p50 and p90 within `latency_tolerance`, and of p99 within `latency_ratio`.

    In a minute a percentile needs so many requests that some lie beyond it: 10, 50 and 100.
    """
    typical = 1 + thresholds.latency_tolerance
    asked = (("p50", 10, typical), ("p90", 50, typical), ("p99", 100, thresholds.latency_ratio))
    return [
        _compare(name, _points(pairs, name, needed, ratio, thresholds), thresholds)
        for name, needed, ratio in asked
    ]


def _points(
    pairs: Sequence[Pair], name: str, needed: int, ratio: float, thresholds: Thresholds
) -> list[_Point]:
    value = attrgetter(f"{name}_ms")
    least = NOTICEABLE * thresholds.p99_latency_ms
    return [
        _Point(
            value(canary.latency),
            value(baseline.latency),
            max(value(baseline.latency) * ratio, value(baseline.latency) + least),
        )
        for baseline, canary in pairs
        if baseline.latency is not None
        and canary.latency is not None
        and min(baseline.invocations, canary.invocations) >= needed
    ]


def _compare(name: str, points: Sequence[_Point], thresholds: Thresholds) -> Finding:
    if not points:
        return Finding()
    checks = Checks(
        needed=thresholds.latency_checks, of=thresholds.latency_checks_of, minimum_requests=1
    )
    is_lost = False
    for end, point in enumerate(points, start=1):
        checks.add(1, int(point.canary_ms > point.limit_ms), 0)
        if end >= LEAST_MINUTES and checks.is_limit_broken:
            is_lost = _is_clearly_slower(points[max(0, end - COMPARED_MINUTES) : end])
        if is_lost:
            break
    figures = {
        f"{name}_latency_ms": point.canary_ms,
        f"baseline_{name}_latency_ms": point.baseline_ms,
    }
    said = f"{name} latency {milliseconds(point.canary_ms)} beside the baseline's "
    said += milliseconds(point.baseline_ms)
    above = f"{said} is above {milliseconds(point.limit_ms)} {checks.in_words()}"
    if is_lost:
        return Finding(failure=above, figures=figures)
    if checks.broken:
        return Finding(suspicion=above, figures=figures)
    return Finding(comfort=f"{said} is within {milliseconds(point.limit_ms)}", figures=figures)


def _is_clearly_slower(points: Sequence[_Point]) -> bool:
    canary = [point.canary_ms for point in points]
    return mann_whitney_tail(canary, [point.limit_ms for point in points]) < P_VALUE
