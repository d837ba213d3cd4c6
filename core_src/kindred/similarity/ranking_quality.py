"""How well a ranking finds what was wanted: recall and precision at k, and average precision.

All are functions of the ranks, from one, at which the relevant items stand; infinity for one that
is not ranked at all. Definitions: Manning, Raghavan and Schuetze, Introduction to Information
Retrieval (2008), section 8.4.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

K = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingQuality:
    """Means over requests. `map` is the mean average precision over the whole ranking."""

    recall_at_10: float
    precision_at_10: float
    map: float
    requests: int


def recall_at(ranks: Sequence[float], k: int) -> float:
    """The share of the relevant items that are among the first k. Raises ValueError for none."""
    return sum(rank <= k for rank in _relevant(ranks)) / len(ranks)


def precision_at(ranks: Sequence[float], k: int) -> float:
    """The share of the first k that is relevant. Raises ValueError for no relevant item."""
    return sum(rank <= k for rank in _relevant(ranks)) / k


def average_precision(ranks: Sequence[float]) -> float:
    """Precision at the rank of each relevant item, averaged. Raises ValueError for none."""
    found = enumerate(sorted(_relevant(ranks)), 1)
    return sum(0.0 if math.isinf(rank) else place / rank for place, rank in found) / len(ranks)


def measure_ranking(requests: Sequence[Sequence[float]]) -> RankingQuality:
    """Each request counts alike, by the ranks of its relevant items. Raises ValueError for none."""
    if not requests:
        raise ValueError("given no requests with a relevant item; allowed: at least one")
    count = len(requests)
    return RankingQuality(
        recall_at_10=math.fsum(recall_at(ranks, K) for ranks in requests) / count,
        precision_at_10=math.fsum(precision_at(ranks, K) for ranks in requests) / count,
        map=math.fsum(average_precision(ranks) for ranks in requests) / count,
        requests=count,
    )


def _relevant(ranks: Sequence[float]) -> Sequence[float]:
    if not ranks:
        raise ValueError("given no relevant item; allowed: at least one")
    return ranks
