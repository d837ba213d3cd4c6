"""CUPED: less noise by what was known of each unit before the experiment."""

from __future__ import annotations

import math

from kindred.experiments.statistics.estimates import Estimate
from kindred.experiments.statistics.samples import Sample, Totals
from kindred.experiments.statistics.welch import Lift, welch, welch_degrees


def regression_slope(control: Totals, treatment: Totals) -> float:
    """How much of the value a unit of the covariate explains, over both arms together."""
    both = control + treatment
    spread = both.covariate_variance
    return both.covariance / spread if spread > 0 else 0.0


def cuped(control: Totals, treatment: Totals) -> Lift | None:
    """The lift with both means adjusted to the same covariate.

    The relative lift divides by the control's unadjusted mean, and its error takes the covariate's
    mean to be the same in both arms, which assignment by chance makes it in expectation.

    Source: Deng et al., "Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data" (2013); for the relative error, GrowthBook's gbstats.
    """
    if min(control.units, treatment.units) < 2:
        return None
    slope = regression_slope(control, treatment)
    samples = _adjusted(control, slope), _adjusted(treatment, slope)
    plain = welch(*samples)
    if plain is None or control.mean == 0:
        return plain and Lift(absolute=plain.absolute, relative=None)
    of_control, of_treatment = (sample.variance / sample.units for sample in samples)
    share = treatment.mean / control.mean
    control_part = (
        control.variance * share**2
        - 2 * slope * control.covariance * share
        + slope**2 * control.covariate_variance
    ) / control.units
    relative = Estimate(
        value=plain.absolute.value / abs(control.mean),
        error=math.sqrt(max(0.0, of_treatment + control_part)) / abs(control.mean),
        degrees=welch_degrees(of_control, control.units, of_treatment, treatment.units),
    )
    return Lift(absolute=plain.absolute, relative=relative)


def _adjusted(totals: Totals, slope: float) -> Sample:
    variance = (
        totals.variance - 2 * slope * totals.covariance + slope**2 * totals.covariate_variance
    )
    mean = totals.mean - slope * totals.covariate_mean
    return Sample(units=totals.units, mean=mean, variance=max(0.0, variance))
