"""P values corrected for how many there are."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Bounds the chance of any false finding. Source: Holm (1979)."""
    adjusted, largest = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(_ascending(p_values)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Bounds the share of false findings among the findings. Source: Benjamini, Hochberg (1995)."""
    adjusted, smallest = [1.0] * len(p_values), 1.0
    ascending = _ascending(p_values)
    for rank in range(len(ascending), 0, -1):
        index = ascending[rank - 1]
        smallest = min(smallest, p_values[index] * len(p_values) / rank)
        adjusted[index] = smallest
    return adjusted


def _ascending(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=p_values.__getitem__)
