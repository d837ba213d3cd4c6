"""How often each value of a feature was seen, and two such counts laid into the same bins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64]

# Of the reference's quantiles, as population stability is usually taken.
BINS = 10
# Categories rarer than this in the reference share a bin with those that it never saw: alone,
# each would be empty as often as not, and an empty bin weighs more than it says.
RARE = 0.01
_OTHER = "(other)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distributions:
    """Counts by feature and value; a category that was not given counts under "".

    `measures` have numbers as values; what has none is left out.
    """

    categories: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    measures: Mapping[str, Mapping[float, int]] = field(default_factory=dict)


def category_bins(
    reference: Mapping[str, int], current: Mapping[str, int]
) -> tuple[Counts, Counts]:
    """Both counts by category of the reference; rare and unknown ones together are the last bin."""
    seen = sum(reference.values())
    kept = sorted(value for value, count in reference.items() if count >= RARE * seen)
    folded = [Counter(_fold(counts, frozenset(kept))) for counts in (reference, current)]
    one, other = ([float(each[value]) for value in (*kept, _OTHER)] for each in folded)
    return np.array(one), np.array(other)


def quantile_bins(
    reference: Mapping[float, int], current: Mapping[float, int]
) -> tuple[Counts, Counts]:
    """Both counts between the reference's deciles; deciles that fall together make one bin."""
    values, cumulative = _cumulative(reference)
    wanted = cumulative[-1] * np.arange(1, BINS) / BINS
    edges = np.unique(values[np.searchsorted(cumulative, wanted)])
    return _between(edges, reference), _between(edges, current)


def largest_gap(reference: Mapping[float, int], current: Mapping[float, int]) -> float:
    """The largest distance between the two cumulative distributions, in [0, 1]: D of Kolmogorov
    and Smirnov."""
    points = np.union1d(np.array([*reference], np.float64), np.array([*current], np.float64))
    one, other = (_share_up_to(points, counts) for counts in (reference, current))
    return float(np.abs(one - other).max())


def _fold(counts: Mapping[str, int], kept: frozenset[str]) -> dict[str, int]:
    folded = {value: count for value, count in counts.items() if value in kept}
    return folded | {_OTHER: sum(counts.values()) - sum(folded.values())}


def _cumulative(counts: Mapping[float, int]) -> tuple[Counts, Counts]:
    values = np.array(sorted(counts), np.float64)
    return values, np.cumsum([counts[value] for value in sorted(counts)], dtype=np.float64)


def _between(edges: Counts, counts: Mapping[float, int]) -> Counts:
    """A value equal to an edge lies below it."""
    binned = np.zeros(len(edges) + 1)
    for value, count in counts.items():
        binned[np.searchsorted(edges, value, side="left")] += count
    return binned


def _share_up_to(points: Counts, counts: Mapping[float, int]) -> Counts:
    values, cumulative = _cumulative(counts)
    at = np.searchsorted(values, points, side="right")
    shares: Counts = np.concatenate(([0.0], cumulative))[at] / cumulative[-1]
    return shares
