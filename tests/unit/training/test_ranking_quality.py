"""Recall, precision and average precision, beside cases worked by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.similarity.ranking_quality import (
    average_precision,
    compare_recall,
    measure_ranking,
    measure_weighted_ranking,
    precision_at,
    recall_at,
)

RANKS = st.lists(st.lists(st.integers(1, 50), min_size=1, unique=True), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("ranks", "recall", "precision", "average"),
    [
        pytest.param([1], 1, 0.1, 1, id="first"),
        pytest.param([11], 0, 0, 1 / 11, id="just too late"),
        pytest.param([1, 3, 20], 2 / 3, 0.2, (1 + 2 / 3 + 3 / 20) / 3, id="three"),
        pytest.param([20, 1, 3], 2 / 3, 0.2, (1 + 2 / 3 + 3 / 20) / 3, id="in any order"),
        pytest.param([2, math.inf], 1 / 2, 0.1, 1 / 4, id="one not ranked"),
    ],
)
def test_one_request(ranks: list[float], recall: float, precision: float, average: float) -> None:
    assert recall_at(ranks, 10) == pytest.approx(recall)
    assert precision_at(ranks, 10) == pytest.approx(precision)
    assert average_precision(ranks) == pytest.approx(average)


def test_requests_count_alike_or_their_clicks_do() -> None:
    requests = [[1], [2, 30, 40]]

    assert measure_ranking(requests).recall_at_10 == pytest.approx((1 + 1 / 3) / 2)
    weighted = measure_weighted_ranking(requests, [[1.0], [1.0, 1.0, 1.0]])
    assert weighted.recall_at_10 == pytest.approx(2 / 4)
    assert weighted.precision_at_10 == pytest.approx(measure_ranking(requests).precision_at_10)


def test_a_click_counts_by_its_weight() -> None:
    weighted = measure_weighted_ranking([[5, 12]], [[1.0, 3.0]])

    assert weighted.recall_at_10 == pytest.approx(1 / 4)
    assert weighted.map == pytest.approx((1 / 5 + 3 * 2 / 12) / 4)


@given(RANKS, st.floats(0.1, 10))
def test_all_are_shares_and_the_scale_of_weights_does_not_matter(
    requests: list[list[int]], scale: float
) -> None:
    ones = [[1.0] * len(ranks) for ranks in requests]
    scaled = [[scale] * len(ranks) for ranks in requests]

    found = measure_weighted_ranking(requests, ones)

    assert 0 <= found.recall_at_10 <= 1
    assert 0 < found.map <= 1
    again = measure_weighted_ranking(requests, scaled)
    assert again.recall_at_10 == pytest.approx(found.recall_at_10)
    assert again.map == pytest.approx(found.map)


def test_an_improvement_is_relative_and_surer_with_more_requests() -> None:
    few = compare_recall([[1], [1], [20]], [[1], [20], [1]], [[1.0]] * 3)
    many = compare_recall([[1], [1], [20]] * 100, [[1], [20], [1]] * 100, [[1.0]] * 300)

    assert few.relative == many.relative == 0
    assert many.standard_error == pytest.approx(few.standard_error / 10)
    assert compare_recall([[1], [2]], [[1], [11]], [[1.0]] * 2).relative == pytest.approx(1)


def test_the_same_ranks_are_surely_no_improvement() -> None:
    same = compare_recall([[1], [20]], [[1], [20]], [[1.0], [5.0]])

    assert (same.relative, same.standard_error) == (0, 0)


def test_what_has_nothing_relevant_is_refused() -> None:
    for measure in (measure_ranking, lambda none: measure_weighted_ranking(none, none)):
        with pytest.raises(ValueError, match="at least one"):
            measure([])
    with pytest.raises(ValueError, match="at least one"):
        average_precision([])
    with pytest.raises(ValueError, match="found some"):
        compare_recall([[1]], [[11]], [[1.0]])
