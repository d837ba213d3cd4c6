"""What an arm's rate or mean may be after the data, as a distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Beta:
    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    @property
    def deviation(self) -> float:
        total = self.alpha + self.beta
        return math.sqrt(self.alpha * self.beta / (total + 1)) / total

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, 1.0

    def below(self, x: Column) -> Column:
        return np.asarray(special.betainc(self.alpha, self.beta, x))

    def density(self, x: Column) -> Column:
        """Up to a constant: relative to its highest value, so that it never overflows."""
        with np.errstate(divide="ignore"):
            log = special.xlogy(self.alpha - 1, x) + special.xlog1py(self.beta - 1, -x)
        return np.asarray(np.exp(log - log.max()))

    def draw(self, rng: np.random.Generator, draws: int) -> Column:
        return rng.beta(self.alpha, self.beta, draws)


@dataclass(frozen=True, slots=True)
class Normal:
    """Of a mean whose arm has many units; the prior is flat."""

    mean: float
    deviation: float

    @property
    def support(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def below(self, x: Column) -> Column:
        return np.asarray(special.ndtr((x - self.mean) / self.deviation))

    def density(self, x: Column) -> Column:
        """Up to a constant."""
        return np.asarray(np.exp(-0.5 * ((x - self.mean) / self.deviation) ** 2))

    def draw(self, rng: np.random.Generator, draws: int) -> Column:
        return rng.normal(self.mean, self.deviation, draws)


Posterior = Beta | Normal


def beta_posterior(*, units: int, conversions: int) -> Beta:
    """From a uniform prior, Beta(1, 1)."""
    if not 0 <= conversions <= units:
        raise ValueError(f"conversions: given {conversions}, allowed 0 to {units}, the units")
    return Beta(1 + conversions, 1 + units - conversions)
