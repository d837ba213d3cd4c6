"""Exact search: the same answer as sorting everything, ties in the order of rows."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.similarity.index import ExactIndex, Hit

Vectors = npt.NDArray[np.float32]


def unit_vectors(count: int, dimension: int = 8, *, seed: int = 0, distinct: int = 0) -> Vectors:
    """Random directions; with `distinct`, that many, each repeated."""
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((distinct or count, dimension))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    rows = rng.integers(0, len(drawn), count) if distinct else np.arange(count)
    return drawn[rows].astype(np.float32)


def sort_everything(
    vectors: Vectors,
    query: Vectors,
    k: int,
    mask: npt.NDArray[np.bool_] | None,
    exclude: int | None,
) -> list[int]:
    scores = [float((row.astype(np.float64) * query).sum()) for row in vectors]
    rows = [row for row in range(len(vectors)) if row != exclude and (mask is None or mask[row])]
    return sorted(rows, key=lambda row: (-scores[row], row))[:k]


@given(
    count=st.integers(1, 700),
    distinct=st.sampled_from((0, 1, 3, 50)),
    k=st.integers(1, 100),
    seed=st.integers(0, 10**6),
    passing=st.none() | st.floats(0, 1),
    excluding=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_hits_are_what_sorting_everything_gives(
    count: int, distinct: int, k: int, seed: int, passing: float | None, excluding: bool
) -> None:
    vectors = unit_vectors(count, seed=seed, distinct=distinct)
    rng = np.random.default_rng(seed)
    mask = None if passing is None else rng.random(count) < passing
    own = int(rng.integers(count))
    query, exclude = vectors[own], own if excluding else None
    hits = ExactIndex(vectors).search(query, k=k, mask=mask, exclude=exclude)
    assert [hit.row for hit in hits] == sort_everything(vectors, query, k, mask, exclude)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= score <= 1 for score in scores)


def test_equal_vectors_come_in_the_order_of_rows_wherever_they_lie() -> None:
    # Odd sizes: the rows and columns that vector instructions leave over are summed otherwise.
    for count, dimension in ((5_003, 64), (1_021, 67), (23, 128)):
        vectors = unit_vectors(count, dimension, distinct=1)
        query = unit_vectors(1, dimension, seed=5)[0]
        hits = ExactIndex(vectors).search(query, k=20, exclude=3)
        assert [hit.row for hit in hits] == [row for row in range(21) if row != 3]
        assert len({hit.score for hit in hits}) == 1


def test_nothing_passes_and_nothing_is_found() -> None:
    vectors = unit_vectors(10)
    assert ExactIndex(vectors).search(vectors[0], k=3, mask=np.zeros(10, np.bool_)) == []


def test_an_app_finds_itself_unless_it_is_left_out() -> None:
    vectors = unit_vectors(10)
    index = ExactIndex(vectors)
    assert index.search(vectors[4], k=1) == [Hit(4, pytest.approx(1.0))]
    assert index.search(vectors[4], k=1, exclude=4)[0].row != 4


def test_a_query_of_another_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match="the query has 64 dimensions, the index 8"):
        ExactIndex(unit_vectors(10)).search(unit_vectors(1, 64)[0], k=3)
