"""Does one variant tend to be slower than another? The Mann-Whitney test, one-sided."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache


def mann_whitney_tail(points: Sequence[float], others: Sequence[float]) -> float:
    """How probable it is that `points` exceed `others` as much if both are alike.

    Exact without ties; with ties by the normal approximation, corrected for ties and continuity.
    Mann and Whitney, Annals of Mathematical Statistics 18 (1947).
    """
    if not points or not others:
        return 1.0
    exceeding = sum((x > y) + (x == y) / 2 for x in points for y in others)
    repeats = [n for n in Counter((*points, *others)).values() if n > 1]
    if not repeats:
        ways = _ways(len(points), len(others))
        return sum(ways[round(exceeding) :]) / sum(ways)
    return _approximate_tail(exceeding, len(points), len(others), repeats)


@lru_cache(maxsize=1_024)
def _ways(points: int, others: int) -> tuple[int, ...]:
    """In how many orders of all values do 0, 1, 2, ... pairs have the point above the other."""
    if points == 0 or others == 0:
        return (1,)
    # The greatest of all is a point, above every other, or an other, above no point's pair.
    counts = [0] * (points * others + 1)
    for pairs, ways in enumerate(_ways(points - 1, others)):
        counts[pairs + others] += ways
    for pairs, ways in enumerate(_ways(points, others - 1)):
        counts[pairs] += ways
    return tuple(counts)


def _approximate_tail(exceeding: float, points: int, others: int, repeats: list[int]) -> float:
    total = points + others
    tied = sum(n**3 - n for n in repeats) / (total * (total - 1))
    variance = points * others / 12 * (total + 1 - tied)
    if variance <= 0:
        return 1.0
    score = (exceeding - points * others / 2 - 0.5) / math.sqrt(variance)
    return math.erfc(score / math.sqrt(2)) / 2
