import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.statistics.sample_size import (
    power_of_mean,
    power_of_proportion,
    units_for_mean,
    units_for_proportion,
)


@pytest.mark.parametrize(
    ("baseline", "difference", "units"),
    [
        pytest.param(0.20, 0.05, 1_030, id="five points at 20 %"),
        pytest.param(0.10, 0.01, 14_313, id="one point at 10 %"),
        pytest.param(0.0235, 0.05 * 0.0235, 262_819, id="5 % relative at 2.35 %"),
    ],
)
def test_sample_sizes_have_the_reference_values(baseline, difference, units):
    assert units_for_proportion(baseline, difference) == units


@given(st.floats(0.01, 0.5), st.floats(0.02, 0.5), st.sampled_from([0.7, 0.8, 0.9, 0.95]))
def test_the_planned_units_of_a_proportion_have_the_planned_power(baseline, relative, power):
    units = units_for_proportion(baseline, baseline * relative, power=power)

    assert power_of_proportion(units, baseline, baseline * relative) == pytest.approx(
        power, abs=0.02
    )


@given(st.floats(0.5, 50), st.floats(0.01, 0.4), st.sampled_from([0.7, 0.8, 0.9]))
def test_the_planned_units_of_a_mean_have_the_planned_power(deviation, share, power):
    units = units_for_mean(deviation, share * deviation, power=power)

    assert power_of_mean(units, deviation, share * deviation) == pytest.approx(power, abs=0.02)


def test_the_seeds_ten_thousand_units_seldom_see_five_percent():
    assert power_of_proportion(10_000, 0.0235, 0.05 * 0.0235) < 0.09


@pytest.mark.parametrize(("baseline", "difference"), [(0, 0.1), (0.9, 0.2), (0.5, 0)])
def test_a_difference_that_cannot_be_is_refused(baseline, difference):
    with pytest.raises(ValueError, match="allowed two different rates between 0 and 1"):
        units_for_proportion(baseline, difference)
