import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kindred.experiments.statistics.multiple_testing import benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1), max_size=20)


def test_holm_steps_down():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(p_values.filter(bool))
def test_benjamini_hochberg_agrees_with_scipy(given_values):
    expected = stats.false_discovery_control(given_values)

    assert benjamini_hochberg(given_values) == pytest.approx(expected)


@pytest.mark.parametrize("correct", [holm, benjamini_hochberg])
@given(given_values=p_values)
def test_a_correction_never_makes_a_finding_surer_nor_changes_the_order(correct, given_values):
    adjusted = correct(given_values)

    assert all(
        raw - 1e-12 <= corrected <= 1 for raw, corrected in zip(given_values, adjusted, strict=True)
    )
    ordered = sorted(zip(given_values, adjusted, strict=True))
    assert [corrected for _, corrected in ordered] == sorted(adjusted)


@given(p_values)
def test_holm_is_the_stricter(given_values):
    assert all(
        h >= b - 1e-12
        for h, b in zip(holm(given_values), benjamini_hochberg(given_values), strict=True)
    )
