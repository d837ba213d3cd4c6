"""Means and variances of independent units, from the sums that counters keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over units: of a value, of its square and, where one is known, of a covariate.

    The covariate is what was known of the unit before it was exposed; `covariate_product` is the
    sum of covariate times value.
    """

    units: int
    total: float
    squares: float
    covariate_total: float = 0.0
    covariate_squares: float = 0.0
    covariate_product: float = 0.0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            units=self.units + other.units,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            covariate_total=self.covariate_total + other.covariate_total,
            covariate_squares=self.covariate_squares + other.covariate_squares,
            covariate_product=self.covariate_product + other.covariate_product,
        )

    @property
    def mean(self) -> float:
        return self.total / self.units

    @property
    def covariate_mean(self) -> float:
        return self.covariate_total / self.units

    @property
    def variance(self) -> float:
        return max(0.0, spread(self.squares, self.total, self.total, self.units))

    @property
    def covariate_variance(self) -> float:
        return max(
            0.0,
            spread(self.covariate_squares, self.covariate_total, self.covariate_total, self.units),
        )

    @property
    def covariance(self) -> float:
        return spread(self.covariate_product, self.covariate_total, self.total, self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`variance` is that of one unit, not of the mean."""

    units: int
    mean: float
    variance: float


def proportion(*, units: int, conversions: int) -> Sample:
    """The share of units that converted, with the variance of a coin: p (1 - p)."""
    if not 0 <= conversions <= units:
        raise ValueError(f"conversions: given {conversions}, allowed 0 to {units}, the units")
    rate = conversions / units if units else 0.0
    return Sample(units=units, mean=rate, variance=rate * (1 - rate))


def mean_of(totals: Totals) -> Sample:
    if totals.units < 2:
        return Sample(units=totals.units, mean=totals.total, variance=0.0)
    return Sample(units=totals.units, mean=totals.mean, variance=totals.variance)


def ratio_of(numerator: Totals, denominator: Totals, *, product: float) -> Sample | None:
    """The ratio of two totals of the same units, with its variance by the delta method.

    `product` is the sum over units of numerator times denominator. None where the denominator
    adds up to nothing.

    Source: Deng, Knoblich and Lu, "Applying the delta method in metric analytics" (2018), eq. 5.
    """
    units = denominator.units
    if units < 2 or denominator.total == 0:
        return None
    ratio = numerator.total / denominator.total
    covariance = spread(product, numerator.total, denominator.total, units)
    residual = numerator.variance - 2 * ratio * covariance + ratio**2 * denominator.variance
    return Sample(units=units, mean=ratio, variance=max(0.0, residual) / denominator.mean**2)


def spread(products: float, total: float, other: float, units: int) -> float:
    """The sample covariance from a sum of products and two sums; one unit has none."""
    return (products - total * other / units) / (units - 1) if units > 1 else 0.0
