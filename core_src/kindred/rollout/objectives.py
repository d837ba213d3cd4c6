"""Holds a canary to its absolute objectives: the error rate and the p99 latency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kindred.rollout.checks import Check, Checks
from kindred.rollout.evidence import (
    ENOUGH,
    SLOW_SHARE,
    error_ratio,
    grown,
    slow_bounds,
    slow_ratio,
)
from kindred.rollout.exact_tests import binomial_tail
from kindred.rollout.finding import Finding, milliseconds, percent
from kindred.rollout.thresholds import Thresholds
from kindred.rollout.window import Window

# A minute or a check fails at once if its errors are this improbable at the allowed rate. Fewer of
# them than five never do: 3 errors in 19 requests would be as improbable, and come to a good canary
# in more than one of a hundred deployments.
SHOCKING = 0.001
LEAST_SHOCKING_ERRORS = 5


@dataclass(slots=True, kw_only=True)
class _Course:
    """Of one objective, window after window: `allowed` is the share of requests that may be bad."""

    allowed: float
    checks: Checks
    evidence: float = 0.0
    looks: int = 0
    requests: int = 0
    bad: int = 0

    def add(self, requests: int, bad: int, ratio: float) -> None:
        self.looks += 1
        self.requests += requests
        self.bad += bad
        self.evidence = grown(self.evidence, self.looks, ratio)
        self.checks.add(requests, bad, self.allowed * requests)

    @property
    def is_lost(self) -> bool:
        return self.evidence >= ENOUGH and self.checks.is_limit_broken

    @property
    def is_above(self) -> bool:
        return self.bad > self.allowed * self.requests


def examine_errors(windows: Sequence[Window], thresholds: Thresholds) -> Finding:
    """Server errors against `error_rate`; every window has invocations."""
    allowed, limit = thresholds.error_rate, percent(thresholds.error_rate)
    checks = Checks(
        needed=thresholds.error_checks,
        of=thresholds.error_checks_of,
        minimum_requests=thresholds.minimum_requests,
    )
    course = _Course(allowed=allowed, checks=checks)
    failure = None
    for window in windows:
        requests = window.invocations
        errors = min(window.server_errors, requests)
        course.add(requests, errors, error_ratio(errors, requests, allowed))
        shock = _shock(Check(1, requests, errors), allowed) or _shock(checks.newest, allowed)
        if shock:
            failure = f"{shock}, where {limit} may"
        elif course.is_lost:
            failure = f"error rate {percent(checks.share)} is above {limit} {checks.in_words()}"
        if failure:
            break
    rate = course.bad / course.requests
    figures = {"error_rate": rate, "error_evidence": course.evidence}
    so_far = f"error rate {percent(rate)} over {course.requests:,} requests"
    if failure:
        return Finding(failure=failure, figures=figures)
    if checks.broken:
        suspicion = f"error rate {percent(checks.share)} is above {limit} {checks.in_words()}"
        return Finding(suspicion=suspicion, figures=figures)
    if course.is_above:
        return Finding(suspicion=f"{so_far} is above {limit}", figures=figures)
    return Finding(comfort=f"{so_far} is within {limit}", figures=figures)


def _shock(check: Check, allowed: float) -> str | None:
    """In words, the errors of a check, if they are more than chance may explain."""
    if check.bad < LEAST_SHOCKING_ERRORS:
        return None
    if binomial_tail(check.bad, check.requests, allowed) >= SHOCKING:
        return None
    time = "one minute" if check.minutes == 1 else f"{check.minutes} minutes"
    return f"{check.bad:,} of {check.requests:,} requests in {time} ended in a server error"


def examine_latency(windows: Sequence[Window], thresholds: Thresholds) -> Finding:
    """The p99 against `p99_latency_ms`, however few requests each window has.

    A window's percentiles say at least how many of its requests were slower than the limit. Those
    add up where percentiles do not: a check, which has 100 requests or more by default, breaks the
    limit if surely more than one in a hundred of them were slower.
    """
    limit_ms = thresholds.p99_latency_ms
    checks = Checks(
        needed=thresholds.latency_checks,
        of=thresholds.latency_checks_of,
        minimum_requests=thresholds.minimum_requests,
    )
    course = _Course(allowed=SLOW_SHARE, checks=checks)
    slowest_ms: list[float] = []
    for window in windows:
        if window.latency is None:
            continue
        low, high = slow_bounds(window.invocations, window.latency, limit_ms)
        course.add(window.invocations, low, slow_ratio(window.invocations, low, high))
        slowest_ms.append(window.latency.p99_ms)
        if course.is_lost:
            break
    if not slowest_ms:
        return Finding(suspicion="no latency was reported")
    figures = {"p99_latency_ms": slowest_ms[-1], "latency_evidence": course.evidence}
    said = _latency_in_words(checks, slowest_ms, limit_ms)
    if course.is_lost:
        return Finding(failure=said, figures=figures)
    if checks.broken or course.is_above:
        return Finding(suspicion=said, figures=figures)
    return Finding(comfort=said, figures=figures)


def _latency_in_words(checks: Checks, p99s_ms: Sequence[float], limit_ms: float) -> str:
    """With the greatest p99 of the minutes spoken of."""
    if not checks.broken:
        greatest_ms = max(p99s_ms)
        side = "within" if greatest_ms <= limit_ms else "only now and then above"
        return (
            f"p99 latency of up to {milliseconds(greatest_ms)} is {side} {milliseconds(limit_ms)}"
        )
    greatest_ms = max(p99s_ms[-checks.minutes :])
    said = f"p99 latency of up to {milliseconds(greatest_ms)} is above {milliseconds(limit_ms)} "
    return said + checks.in_words()
