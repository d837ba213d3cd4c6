import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kindred.rollout.exact_tests import binomial_tail, fisher_tail


@given(
    trials=st.integers(1, 200_000),
    rate=st.floats(0.0001, 0.9),
    sigmas=st.floats(-8, 30),
)
def test_the_binomial_tail_is_scipys(trials, rate, sigmas):
    count = round(trials * rate + sigmas * (trials * rate * (1 - rate)) ** 0.5)

    tail = binomial_tail(count, trials, rate)

    assert tail == pytest.approx(stats.binom.sf(count - 1, trials, rate), rel=1e-7, abs=1e-12)


@given(
    bad=st.integers(0, 400),
    fine=st.integers(1, 40_000),
    other_bad=st.integers(0, 400),
    other_fine=st.integers(1, 40_000),
)
def test_fishers_tail_is_scipys(bad, fine, other_bad, other_fine):
    requests, other_requests = bad + fine, other_bad + other_fine
    expected = stats.hypergeom.sf(bad - 1, requests + other_requests, bad + other_bad, requests)

    tail = fisher_tail(bad, requests, other_bad, other_requests)

    assert tail == pytest.approx(expected, rel=1e-6, abs=1e-11)


@given(
    bad=st.integers(0, 12),
    fine=st.integers(1, 40),
    other_bad=st.integers(0, 12),
    other_fine=st.integers(1, 40),
)
def test_fishers_tail_is_that_of_the_test_as_scipy_names_it(bad, fine, other_bad, other_fine):
    expected = stats.fisher_exact([[bad, fine], [other_bad, other_fine]], alternative="greater")

    tail = fisher_tail(bad, bad + fine, other_bad, other_bad + other_fine)

    assert tail == pytest.approx(expected.pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("count", "trials", "expected"),
    [
        pytest.param(0, 10, 1.0, id="none or more is certain"),
        pytest.param(11, 10, 0.0, id="more than there were is impossible"),
        pytest.param(10, 10, 0.01**10, id="all of them"),
        pytest.param(1, 1, 0.01, id="one request and one error are not improbable enough"),
    ],
)
def test_the_ends_of_the_binomial_tail(count, trials, expected):
    assert binomial_tail(count, trials, 0.01) == pytest.approx(expected, rel=1e-12)


def test_zero_errors_in_300_requests_bound_the_rate_at_99_hundredths_of_a_percent():
    none_at_the_bound = 1 - binomial_tail(1, 300, 0.0099)

    assert none_at_the_bound == pytest.approx(0.05, abs=0.001)


def test_millions_of_requests_are_tested_at_once():
    assert binomial_tail(10_600, 1_000_000, 0.01) == pytest.approx(
        stats.binom.sf(10_599, 1_000_000, 0.01), rel=1e-6
    )
