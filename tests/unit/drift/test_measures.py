"""Distances between distributions, beside scipy's and by hand."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kindred.drift.distributions import category_bins, largest_gap, quantile_bins
from kindred.drift.measures import same_distribution_p_value, shifted_share, stability_index

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 500), min_size=1)


def test_a_fifth_of_queries_that_move_are_a_shift_of_a_fifth():
    bins = category_bins({"games": 600, "tools": 400}, {"games": 400, "tools": 600})

    assert shifted_share(*bins) == pytest.approx(0.2)


def test_the_stability_index_is_the_textbooks_but_for_half_a_count():
    one, other = category_bins(
        {"games": 60_000, "tools": 40_000}, {"games": 50_000, "tools": 50_000}
    )

    expected = (0.5 - 0.6) * math.log(0.5 / 0.6) + (0.5 - 0.4) * math.log(0.5 / 0.4)
    assert stability_index(one, other) == pytest.approx(expected, rel=1e-3)


def test_a_category_that_was_never_seen_is_a_shift_and_not_infinite():
    bins = category_bins({"games": 1_000}, {"games": 500, "weather": 500})

    assert shifted_share(*bins) == pytest.approx(0.5)
    assert math.isfinite(stability_index(*bins))


def test_rare_categories_share_a_bin():
    rare = {f"rare {at}": 1 for at in range(9)}
    one, other = category_bins({"games": 991, **rare}, {"games": 991, "something else": 9})

    assert len(one) == 2
    assert shifted_share(one, other) == 0.0


@given(COUNTS, COUNTS)
def test_distances_are_none_to_itself_and_never_negative(one, other):
    assert shifted_share(*category_bins(one, one)) == 0.0
    assert stability_index(*category_bins(one, one)) == pytest.approx(0.0)
    assert 0.0 <= shifted_share(*category_bins(one, other)) <= 1.0
    assert stability_index(*category_bins(one, other)) >= 0.0


@pytest.mark.parametrize("moved", [0.0, 0.05, 0.5], ids=lambda moved: f"moved by {moved}")
def test_the_gap_and_its_p_value_are_those_of_kolmogorov_and_smirnov(moved):
    random = np.random.default_rng(1)
    one, other = random.normal(size=900), random.normal(moved, size=1_100)

    gap = largest_gap(Counter(one.tolist()), Counter(other.tolist()))

    expected = stats.ks_2samp(one, other, method="asymp")
    assert gap == pytest.approx(expected.statistic)
    # scipy's limit carries a correction for small samples.
    assert same_distribution_p_value(gap, 900, 1_100) == pytest.approx(expected.pvalue, abs=0.02)


def test_repeated_values_count_as_often_as_they_were_seen():
    one, other = {1.0: 3, 2.0: 1}, {1.0: 1, 2.0: 3}

    expected = stats.ks_2samp([1, 1, 1, 2], [1, 2, 2, 2]).statistic
    assert largest_gap(one, other) == pytest.approx(expected)


def test_deciles_of_the_reference_hold_a_tenth_each():
    uniform = {float(value): 1 for value in range(1_000)}

    one, other = quantile_bins(uniform, uniform)

    assert one.tolist() == other.tolist()
    assert len(one) == 10
    assert max(one) - min(one) <= 1


def test_a_value_that_most_have_is_one_bin_and_not_ten():
    one, _ = quantile_bins({0.0: 900, 1.0: 100}, {0.0: 1})

    assert one.tolist() == [900.0, 100.0]
