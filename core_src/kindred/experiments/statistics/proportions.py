"""Two proportions beside each other, at a horizon that was fixed before."""

from __future__ import annotations

import math

from kindred.experiments.statistics.estimates import Estimate


def pooled_z(conversions_a: int, units_a: int, conversions_b: int, units_b: int) -> Estimate:
    """B minus A, with the error that holds if both convert alike: its p value is the z test's."""
    pooled = (conversions_a + conversions_b) / (units_a + units_b)
    error = math.sqrt(pooled * (1 - pooled) * (1 / units_a + 1 / units_b))
    return Estimate(value=conversions_b / units_b - conversions_a / units_a, error=error)
