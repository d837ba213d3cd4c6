from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kindred.rollout.evidence import ENOUGH, error_ratio, grown, slow_bounds, slow_ratio
from kindred.rollout.window import Latency


@given(requests=st.integers(1, 2_000), allowed=st.floats(0.001, 0.4), share=st.floats(0, 1))
def test_a_good_canarys_errors_are_no_evidence_on_average(requests, allowed, share):
    """At half the allowed rate the ratio's mean is one, and below it is less."""
    errors = np.arange(requests + 1)
    chances = stats.binom.pmf(errors, requests, allowed / 2 * share)
    likely = chances > 1e-12

    mean = sum(
        chance * error_ratio(int(count), requests, allowed)
        for count, chance in zip(errors[likely], chances[likely], strict=True)
    )

    assert mean <= 1 + 1e-6


@given(requests=st.integers(1, 3_000), share=st.floats(0, 1))
def test_a_good_canarys_slow_requests_are_no_evidence_on_average(requests, share):
    """Whatever the percentiles tell of their number: none, or at least as many."""
    bounds = [0, *(requests - -(-p * requests // 100) + 1 for p in (99, 90, 50)), requests + 1]
    mean = 0.0
    for low, high in pairwise(bounds):
        chance = stats.binom.sf(low - 1, requests, 0.005 * share)
        chance -= stats.binom.sf(high - 1, requests, 0.005 * share)
        if high > low:
            mean += chance * slow_ratio(requests, low, high)

    assert mean <= 1 + 1e-5


@given(st.lists(st.floats(1, 200), min_size=1, max_size=400), st.floats(1, 200))
def test_percentiles_bound_the_number_of_slow_requests(latencies, limit_ms):
    ordered, size = sorted(latencies), len(latencies)
    p50, p90, p99 = (ordered[-(-percent * size // 100) - 1] for percent in (50, 90, 99))

    low, high = slow_bounds(size, Latency(p50_ms=p50, p90_ms=p90, p99_ms=p99), limit_ms)

    assert low <= sum(latency > limit_ms for latency in latencies) < high


@pytest.mark.parametrize(
    ("latency", "bounds"),
    [
        pytest.param((25, 40, 100), (0, 2), id="p99 at the limit: one of 100 at most"),
        pytest.param((25, 40, 101), (2, 11), id="p99 above it"),
        pytest.param((25, 101, 101), (11, 51), id="p90 above it"),
        pytest.param((101, 101, 101), (51, 101), id="p50 above it"),
    ],
)
def test_a_hundred_requests_are_counted_by_nearest_rank(latency, bounds):
    p50, p90, p99 = latency

    assert slow_bounds(100, Latency(p50_ms=p50, p90_ms=p90, p99_ms=p99), 100) == bounds


def test_more_errors_are_more_evidence():
    ratios = [error_ratio(errors, 100, 0.01) for errors in range(101)]

    assert ratios == sorted(ratios)
    assert ratios[0] < 1 < ratios[2]


def test_a_good_canary_seldom_gathers_enough_however_often_it_is_looked_at():
    rng = np.random.default_rng(7)
    steps, enough = 4_000, 0
    for errors in rng.binomial(100, 0.005, (steps, 60)).tolist():
        evidence = most = 0.0
        for look, count in enumerate(errors, start=1):
            evidence = grown(evidence, look, error_ratio(count, 100, 0.01))
            most = max(most, evidence)
        enough += most >= ENOUGH

    assert 0 < enough <= 1.5 * steps / ENOUGH


def test_evidence_neither_overflows_nor_is_lost():
    evidence = 0.0
    for look in range(1, 500):
        evidence = grown(evidence, look, error_ratio(1_000, 1_000, 0.01))
    for look in range(500, 600):
        evidence = grown(evidence, look, error_ratio(0, 1_000_000, 0.01))

    assert 0 <= evidence < ENOUGH
