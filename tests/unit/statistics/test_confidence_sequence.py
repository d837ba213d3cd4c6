import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.statistics.confidence_sequence import (
    always_valid_p_value,
    confidence_sequence,
)
from kindred.experiments.statistics.estimates import Estimate
from kindred.experiments.statistics.samples import proportion
from kindred.experiments.statistics.welch import welch


def test_the_sequence_has_growthbooks_reference_value():
    relative = welch(
        proportion(units=3000, conversions=1396), proportion(units=3461, conversions=2422)
    ).relative

    low, high = confidence_sequence(relative, units=6461, tightest_at=5000)

    assert round(relative.value, 5) == 0.50386
    assert (round(low, 5), round(high, 5)) == (0.40098, 0.60675)


@given(
    value=st.floats(-5, 5),
    error=st.floats(0.01, 2),
    units=st.integers(2, 10**7),
    tightest_at=st.integers(100, 10**7),
    alpha=st.sampled_from([0.01, 0.05, 0.2]),
)
def test_the_p_value_is_below_alpha_exactly_when_zero_is_left_out(
    value, error, units, tightest_at, alpha
):
    settings = {"units": units, "tightest_at": tightest_at, "alpha": alpha}
    estimate = Estimate(value=value, error=error)

    low, high = confidence_sequence(estimate, **settings)
    p_value = always_valid_p_value(estimate, **settings)

    if abs(p_value - alpha) > 1e-9:
        assert (p_value < alpha) == (low > 0 or high < 0)
    assert 0 <= p_value <= 1


@given(value=st.floats(-5, 5), error=st.floats(0.01, 2), units=st.integers(2, 10**6))
def test_looking_every_day_costs_width(value, error, units):
    estimate = Estimate(value=value, error=error)

    low, high = confidence_sequence(estimate, units=units, tightest_at=units)
    single_low, single_high = estimate.interval(0.05)

    assert low < single_low
    assert high > single_high


def test_the_sequence_is_tightest_where_it_was_meant_to_be():
    def width(units):
        low, high = confidence_sequence(Estimate(value=0, error=1), units=units, tightest_at=10_000)
        return high - low

    widths = {units: width(units) for units in (100, 1_000, 10_000, 100_000, 1_000_000)}

    assert min(widths, key=widths.get) == 10_000


def test_it_seldom_ever_leaves_zero_out_when_there_is_nothing():
    rng = np.random.default_rng(1)
    sums = rng.normal(0, np.sqrt(100), (2_000, 200)).cumsum(axis=1)
    units = 100 * np.arange(1, 201)
    wrong = 0
    for walk in sums:
        wrong += any(
            always_valid_p_value(
                Estimate(value=total / n, error=n**-0.5), units=int(n), tightest_at=10_000
            )
            < 0.05
            for total, n in zip(walk[::10], units[::10], strict=True)
        )

    assert wrong / 2_000 <= 0.05
