import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kindred.experiments.statistics.cuped import cuped, regression_slope
from kindred.experiments.statistics.proportions import pooled_z
from kindred.experiments.statistics.samples import (
    Sample,
    Totals,
    mean_of,
    proportion,
    ratio_of,
)
from kindred.experiments.statistics.welch import welch


def totals(values, covariate=None):
    values = np.asarray(values, dtype=float)
    known = np.zeros_like(values) if covariate is None else np.asarray(covariate, dtype=float)
    return Totals(
        units=len(values),
        total=float(values.sum()),
        squares=float(values @ values),
        covariate_total=float(known.sum()),
        covariate_squares=float(known @ known),
        covariate_product=float(known @ values),
    )


@pytest.mark.parametrize(
    ("control", "treatment", "p_value", "digits"),
    [
        pytest.param((100, 1000), (130, 1000), 0.0354884505, 10, id="100 and 130 of 1000"),
        pytest.param((235, 10_000), (247, 10_000), 0.580062888, 9, id="235 and 247 of 10,000"),
        pytest.param((17_489, 145_274), (17_264, 145_310), 0.18988, 5, id="ab_data"),
    ],
)
def test_the_z_test_has_the_reference_values(control, treatment, p_value, digits):
    assert round(pooled_z(*control, *treatment).p_value, digits) == p_value


def test_welch_agrees_with_scipy():
    rng = np.random.default_rng(3)
    control, treatment = rng.normal(10, 3, 200), rng.normal(10.6, 5, 90)

    lift = welch(mean_of(totals(control)), mean_of(totals(treatment)))
    expected = stats.ttest_ind(treatment, control, equal_var=False)

    assert lift.absolute.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert lift.absolute.interval(0.05) == pytest.approx(tuple(expected.confidence_interval()))


def test_the_relative_lift_divides_by_the_control():
    lift = welch(
        Sample(units=400, mean=2.0, variance=1.0), Sample(units=400, mean=2.2, variance=1.0)
    )

    assert lift.relative.value == pytest.approx(0.1)
    assert lift.relative.error == pytest.approx(math.sqrt(1 / 400 / 4 + 1 / 400 * 2.2**2 / 16))


def test_a_control_at_zero_has_no_relative_lift():
    nothing = Sample(units=10, mean=0.0, variance=0.0)

    assert welch(nothing, Sample(units=10, mean=1.0, variance=1.0)).relative is None


def test_less_of_a_loss_is_a_lift():
    lift = welch(
        Sample(units=10, mean=-10.0, variance=1.0), Sample(units=10, mean=-5.0, variance=1.0)
    )

    assert lift.relative.value == 0.5


@pytest.mark.parametrize("units", [0, 1])
def test_fewer_than_two_units_say_nothing(units):
    enough = Sample(units=10, mean=1.0, variance=1.0)

    assert welch(Sample(units=units, mean=0.0, variance=0.0), enough) is None
    assert cuped(Totals(units=units, total=0, squares=0), totals([1, 2, 3])) is None


def test_arms_without_any_spread_say_nothing():
    same = Sample(units=10, mean=1.0, variance=0.0)

    assert welch(same, same).absolute.p_value == 1.0


def test_cuped_has_growthbooks_reference_value():
    control = Totals(
        units=3001,
        total=300,
        squares=600,
        covariate_total=210,
        covariate_squares=415,
        covariate_product=-20,
    )
    treatment = Totals(
        units=3000,
        total=222,
        squares=555,
        covariate_total=120,
        covariate_squares=405,
        covariate_product=-10,
    )

    relative = cuped(control, treatment).relative

    assert relative.value == pytest.approx(-0.281707154, abs=5e-10)
    assert relative.p_value == pytest.approx(0.003732549, abs=5e-10)


def test_cuped_takes_away_the_noise_that_the_covariate_explains():
    rng = np.random.default_rng(5)
    before = rng.normal(100, 20, 4000)
    after = before + rng.normal(0, 5, 4000) + np.repeat([0.0, 0.5], 2000)
    control, treatment = totals(after[:2000], before[:2000]), totals(after[2000:], before[2000:])

    adjusted, plain = cuped(control, treatment), welch(mean_of(control), mean_of(treatment))

    assert regression_slope(control, treatment) == pytest.approx(1, abs=0.05)
    assert adjusted.absolute.error < plain.absolute.error / 3
    assert adjusted.absolute.interval(0.01)[0] < 0.5 < adjusted.absolute.interval(0.01)[1]


def test_cuped_with_a_covariate_that_never_varies_is_welch():
    control, treatment = totals([1, 2, 3, 4], [7] * 4), totals([2, 3, 5, 9], [7] * 4)

    assert cuped(control, treatment) == welch(mean_of(control), mean_of(treatment))


def test_a_ratio_has_the_error_of_the_delta_method():
    rng = np.random.default_rng(11)
    views = rng.poisson(5, 20_000) + 1.0
    clicks = rng.binomial(views.astype(int), 0.2).astype(float)

    ratio = ratio_of(totals(clicks), totals(views), product=float(clicks @ views))
    resampled = [
        clicks[chosen].sum() / views[chosen].sum()
        for chosen in (rng.integers(0, 20_000, 20_000) for _ in range(400))
    ]

    assert ratio.mean == pytest.approx(clicks.sum() / views.sum())
    assert math.sqrt(ratio.variance / ratio.units) == pytest.approx(np.std(resampled), rel=0.1)


def test_a_ratio_over_nothing_is_no_number():
    assert ratio_of(totals([1, 2]), totals([0, 0]), product=0.0) is None


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=50))
def test_a_variance_from_sums_is_the_variance(values):
    expected = float(np.var(values, ddof=1))

    assert totals(values).variance == pytest.approx(expected, rel=1e-6, abs=1e-4)


def test_conversions_beyond_the_units_are_refused():
    with pytest.raises(ValueError, match="given 3, allowed 0 to 2"):
        proportion(units=2, conversions=3)
