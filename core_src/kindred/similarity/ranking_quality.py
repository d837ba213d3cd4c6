"""How well a ranking finds what was wanted: recall and precision at k, and average precision.

All are functions of the ranks, from one, at which the relevant items stand; infinity for one that
is not ranked at all. Definitions: Manning, Raghavan and Schuetze, Introduction to Information
Retrieval (2008), section 8.4. Where an item was relevant because it was clicked, clicks count by
weights that undo how rarely their rank was looked at: Joachims, Swaminathan and Schnabel, Unbiased
Learning-to-Rank with Biased Feedback (WSDM 2017), self-normalised over all clicks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

K = 10
Ranks = Sequence[Sequence[float]]  # for each request, those of its relevant items
Weights = Sequence[Sequence[float]]  # of the same shape
Items = TypeVar("Items", bound=Sequence[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingQuality:
    """`map` is the mean average precision over the whole ranking."""

    recall_at_10: float
    precision_at_10: float
    map: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """Of recall at ten over a baseline's: 0.03 is three hundredths more."""

    relative: float
    standard_error: float


def recall_at(ranks: Sequence[float], k: int) -> float:
    """The share of the relevant items that are among the first k. Raises ValueError for none."""
    return sum(rank <= k for rank in _relevant(ranks)) / len(ranks)


def precision_at(ranks: Sequence[float], k: int) -> float:
    """The share of the first k that is relevant. Raises ValueError for no relevant item."""
    return sum(rank <= k for rank in _relevant(ranks)) / k


def average_precision(ranks: Sequence[float]) -> float:
    """Precision at the rank of each relevant item, averaged. Raises ValueError for none."""
    return math.fsum(_precisions(ranks)) / len(ranks)


def measure_ranking(requests: Ranks) -> RankingQuality:
    """Means in which each request counts alike. Raises ValueError for no requests."""
    count = len(_relevant(requests))
    return RankingQuality(
        recall_at_10=math.fsum(recall_at(ranks, K) for ranks in requests) / count,
        precision_at_10=math.fsum(precision_at(ranks, K) for ranks in requests) / count,
        map=math.fsum(average_precision(ranks) for ranks in requests) / count,
    )


def measure_weighted_ranking(requests: Ranks, weights: Weights) -> RankingQuality:
    """Means in which each click counts by its weight. Raises ValueError for no requests.

    With equal weights, recall is that of all clicks together and `precision_at_10` the mean of
    the requests'.
    """
    clicks = sum(len(ranks) for ranks in _relevant(requests))
    total = math.fsum(weight for row in weights for weight in row)
    recall = math.fsum(_found(requests, weights)) / total
    precisions = (
        weight * precision
        for ranks, row in zip(requests, weights, strict=True)
        for precision, weight in zip(_precisions(ranks), row, strict=True)
    )
    return RankingQuality(
        recall_at_10=recall,
        precision_at_10=recall * clicks / len(requests) / K,
        map=math.fsum(precisions) / total,
    )


def compare_recall(model: Ranks, baseline: Ranks, weights: Weights) -> Improvement:
    """How much more of the same clicks a model finds; the error by the delta method.

    Raises ValueError when the baseline found none at all.
    """
    ours, theirs = _found(model, weights), _found(baseline, weights)
    found = math.fsum(theirs)
    if not found:
        raise ValueError("given a baseline that found no click; allowed: one that found some")
    ratio = math.fsum(ours) / found
    residuals = ((one - ratio * other) ** 2 for one, other in zip(ours, theirs, strict=True))
    return Improvement(relative=ratio - 1, standard_error=math.sqrt(math.fsum(residuals)) / found)


def _found(requests: Ranks, weights: Weights) -> list[float]:
    """For each request the weight of its relevant items that are among the first ten."""
    return [
        math.fsum(weight for rank, weight in zip(ranks, row, strict=True) if rank <= K)
        for ranks, row in zip(requests, weights, strict=True)
    ]


def _precisions(ranks: Sequence[float]) -> list[float]:
    """The precision down to the rank of each item, in the order given; zero for one not ranked."""
    nearest_first = sorted(range(len(_relevant(ranks))), key=lambda at: ranks[at])
    precisions = [0.0] * len(ranks)
    for place, at in enumerate(nearest_first, 1):
        precisions[at] = 0.0 if math.isinf(ranks[at]) else place / ranks[at]
    return precisions


def _relevant(items: Items) -> Items:
    if not items:
        raise ValueError("given nothing that is relevant; allowed: at least one")
    return items
