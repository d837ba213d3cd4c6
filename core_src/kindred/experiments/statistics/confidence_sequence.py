"""Intervals and p values that hold at every look, however often one looks."""

from __future__ import annotations

import math

from kindred.experiments.statistics.estimates import Estimate

# Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and
# asymptotic confidence sequences", arXiv 2103.06476v7, eq. 9; `rho` as their appendix tunes it.


def rho(*, alpha: float, tightest_at: float) -> float:
    """Makes the sequence tightest when both arms together have `tightest_at` units."""
    surprise = -2 * math.log(alpha)
    return math.sqrt((surprise + math.log(surprise + 1)) / tightest_at)


def confidence_sequence(
    estimate: Estimate, *, units: int, tightest_at: float, alpha: float = 0.05
) -> tuple[float, float]:
    """Holds the true value at all looks at once with probability 1 - `alpha`.

    `units` are those of both arms together.
    """
    information = units * rho(alpha=alpha, tightest_at=tightest_at) ** 2
    reach = estimate.error * math.sqrt(
        2 * (information + 1) / information * math.log(math.sqrt(information + 1) / alpha)
    )
    return estimate.value - reach, estimate.value + reach


def always_valid_p_value(
    estimate: Estimate, *, units: int, tightest_at: float, alpha: float = 0.05
) -> float:
    """Below `alpha` exactly when the sequence at `alpha` leaves zero out."""
    information = units * rho(alpha=alpha, tightest_at=tightest_at) ** 2
    exponent = -(estimate.score**2) * information / (2 * (information + 1))
    return min(1.0, math.sqrt(information + 1) * math.exp(exponent))
