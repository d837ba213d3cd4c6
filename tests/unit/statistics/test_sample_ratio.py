import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kindred.experiments.statistics.sample_ratio import sample_ratio


def test_a_gross_mismatch_has_the_reference_value():
    mismatch = sample_ratio(
        {"a": 62_891, "b": 31_234, "c": 31_722}, {"a": 0.34, "b": 0.33, "c": 0.33}
    )

    assert round(mismatch.chi_square) == 14_313
    assert mismatch.p_value == 0
    assert mismatch.verdict == "blocked"


@pytest.mark.parametrize(
    ("units", "verdict"),
    [
        pytest.param({"a": 5_000, "b": 5_100}, "ok", id="p 0.32 is ok"),
        pytest.param({"a": 5_000, "b": 5_270}, "flagged", id="p 0.0077 is flagged"),
        pytest.param({"a": 5_000, "b": 5_350}, "blocked", id="p 0.0006 is blocked"),
        pytest.param({}, "ok", id="no units at all are ok"),
    ],
)
def test_a_mismatch_is_flagged_below_one_percent_and_blocked_below_a_tenth(units, verdict):
    assert sample_ratio(units, {"a": 0.5, "b": 0.5}).verdict == verdict


def test_units_in_an_arm_that_takes_none_are_blocked():
    assert sample_ratio({"a": 10, "b": 1}, {"a": 1.0, "b": 0.0}).verdict == "blocked"


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 100)), min_size=2, max_size=8).filter(
        lambda arms: sum(units for units, _ in arms) > 0
    )
)
def test_it_agrees_with_scipy(arms):
    units = {str(index): count for index, (count, _) in enumerate(arms)}
    weights = {str(index): weight for index, (_, weight) in enumerate(arms)}
    total = sum(units.values()) / sum(weights.values())
    expected = stats.chisquare(list(units.values()), [w * total for w in weights.values()])

    mismatch = sample_ratio(units, weights)

    assert mismatch.chi_square == pytest.approx(expected.statistic, abs=1e-9)
    assert mismatch.p_value == pytest.approx(expected.pvalue, abs=1e-12)
