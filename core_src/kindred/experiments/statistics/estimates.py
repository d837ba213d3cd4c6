"""A number with its standard error: what it may be, and how surprising zero would be."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`degrees` are those of Student's t; infinity is the normal distribution."""

    value: float
    error: float
    degrees: float = math.inf

    @property
    def score(self) -> float:
        """Standard errors away from zero; an estimate without spread says nothing."""
        return self.value / self.error if self.error > 0 else 0.0

    @property
    def p_value(self) -> float:
        """Two-sided, for a single look at the data."""
        tail = -abs(self.score)
        if math.isinf(self.degrees):
            return float(2 * special.ndtr(tail))
        return float(2 * special.stdtr(self.degrees, tail))

    def interval(self, alpha: float) -> tuple[float, float]:
        """Two-sided, for a single look at the data."""
        if math.isinf(self.degrees):
            reach = float(special.ndtri(1 - alpha / 2)) * self.error
        else:
            reach = float(special.stdtrit(self.degrees, 1 - alpha / 2)) * self.error
        return self.value - reach, self.value + reach
