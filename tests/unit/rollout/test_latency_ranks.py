import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kindred.rollout.latency_ranks import mann_whitney_tail

LATENCIES = st.lists(st.floats(1, 1_000), min_size=1, max_size=12)
COARSE = st.lists(st.integers(1, 12), min_size=2, max_size=12)


@given(st.lists(st.floats(1, 1_000), min_size=2, max_size=22, unique=True), st.data())
def test_without_ties_it_is_exactly_scipys(values, data):
    split = data.draw(st.integers(1, len(values) - 1))
    points, others = values[:split], values[split:]
    expected = stats.mannwhitneyu(points, others, alternative="greater", method="exact")

    assert mann_whitney_tail(points, others) == pytest.approx(expected.pvalue, rel=1e-9)


@given(COARSE, COARSE)
def test_with_ties_it_is_scipys_approximation(points, others):
    if len({*points, *others}) in (1, len(points) + len(others)):
        return
    expected = stats.mannwhitneyu(points, others, alternative="greater", method="asymptotic")

    assert mann_whitney_tail(points, others) == pytest.approx(expected.pvalue, rel=1e-9)


@given(LATENCIES, LATENCIES, st.floats(1.01, 3))
def test_a_slower_variant_is_never_less_suspicious(points, others, factor):
    slower = [factor * point for point in points]
    tied = len({*points, *others, *slower}) < len(points) + len(slower) + len(others)

    if not tied:
        assert mann_whitney_tail(slower, others) <= mann_whitney_tail(points, others) + 1e-12


@pytest.mark.parametrize(
    ("minutes", "p_value"),
    [
        pytest.param(3, 1 / 20, id="three minutes cannot convince at 1 %"),
        pytest.param(4, 1 / 70, id="nor can four"),
        pytest.param(5, 1 / 252, id="five can"),
    ],
)
def test_all_minutes_slower_have_the_least_probability(minutes, p_value):
    canary = [50.0 + minute for minute in range(minutes)]
    baseline = [25.0 + minute for minute in range(minutes)]

    assert mann_whitney_tail(canary, baseline) == pytest.approx(p_value)


def test_nothing_and_sameness_convince_nobody():
    assert mann_whitney_tail([], [1.0]) == 1.0
    assert mann_whitney_tail([5.0] * 6, [5.0] * 6) == 1.0
