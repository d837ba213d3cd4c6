"""How far two distributions lie apart: by bins, and by their cumulative shares."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import kolmogorov

from kindred.drift.distributions import Counts

# Added to each bin, so that an empty one counts as little and not as infinitely much.
SMOOTHING = 0.5


def stability_index(reference: Counts, current: Counts) -> float:
    """The population stability index: the sum over bins of (q - p) ln(q / p), at least 0.

    By convention below 0.1 is stable and above 0.25 another population. Every bin gets half a
    count more than it has.
    """
    shares = [(counts + SMOOTHING) / (counts + SMOOTHING).sum() for counts in (reference, current)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def shifted_share(reference: Counts, current: Counts) -> float:
    """Total variation: the share, in [0, 1], that would have to move to make one the other.

    It reads the requirements' "shift" of a distribution: 0.2 is 20 % of queries. Rounded, so that
    a fifth is not more than a fifth by what shares are off in binary.
    """
    moved = np.abs(reference / reference.sum() - current / current.sum()).sum() / 2
    return round(float(moved), 9)


def same_distribution_p_value(gap: float, reference: int, current: int) -> float:
    """The chance of a gap of cumulative shares as large between two samples of one distribution.

    Kolmogorov's limit; of values that repeat it is too large, never too small.
    """
    effective = reference * current / (reference + current)
    return float(kolmogorov(gap * math.sqrt(effective)))
