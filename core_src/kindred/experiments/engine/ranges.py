"""Shares of [0, 1]: which part of the traffic sees which variation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from kindred.experiments.engine.attribute_values import is_number

Range = tuple[float, float]
# Weights may miss one by this much before they are taken for a mistake.
TOLERANCE = 0.01


def equal_weights(count: int) -> list[float]:
    return [1 / count] * count if count > 0 else []


def usable_weights(count: int, weights: Any) -> Sequence[float]:
    """`weights` when they are `count` shares that sum to one, else equal ones."""
    if (
        isinstance(weights, list | tuple)
        and len(weights) == count
        and all(is_number(weight) and 0 <= weight < math.inf for weight in weights)
        and 1 - TOLERANCE <= sum(weights) <= 1 + TOLERANCE
    ):
        return weights
    return equal_weights(count)


def bucket_ranges(count: int, coverage: float = 1.0, weights: Any = None) -> tuple[Range, ...]:
    """Each variation's half-open range. A smaller coverage shortens each where it begins, so that
    raising it later moves nobody who is in already."""
    covered = min(max(coverage, 0.0), 1.0)
    ranges: list[Range] = []
    start = 0.0
    for weight in usable_weights(count, weights):
        ranges.append((start, start + covered * weight))
        start += weight
    return tuple(ranges)


def choose_variation(bucket: float, ranges: Sequence[Sequence[float]]) -> int:
    """The position of the first range that holds `bucket`; -1 when none does."""
    for position, (start, end) in enumerate(ranges):
        if start <= bucket < end:
            return position
    return -1
