"""The difference of two means without assuming equal variances, absolute and relative."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kindred.experiments.statistics.estimates import Estimate
from kindred.experiments.statistics.samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """Treatment minus control; `relative` is to the control, and None where that is zero."""

    absolute: Estimate
    relative: Estimate | None


def welch(control: Sample, treatment: Sample) -> Lift | None:
    """None where an arm has fewer than two units: nothing varies yet.

    The relative lift's error is by the delta method, var(b) / a^2 + var(a) b^2 / a^4.
    """
    if min(control.units, treatment.units) < 2:
        return None
    of_control = control.variance / control.units
    of_treatment = treatment.variance / treatment.units
    degrees = welch_degrees(of_control, control.units, of_treatment, treatment.units)
    difference = treatment.mean - control.mean
    absolute = Estimate(
        value=difference, error=math.sqrt(of_control + of_treatment), degrees=degrees
    )
    if control.mean == 0:
        return Lift(absolute=absolute, relative=None)
    share = treatment.mean / control.mean
    relative = Estimate(
        value=difference / abs(control.mean),
        error=math.sqrt(of_treatment + of_control * share**2) / abs(control.mean),
        degrees=degrees,
    )
    return Lift(absolute=absolute, relative=relative)


def welch_degrees(
    of_control: float, n_control: int, of_treatment: float, n_treatment: int
) -> float:
    """Welch and Satterthwaite's; the variances are those of the means."""
    below = of_control**2 / (n_control - 1) + of_treatment**2 / (n_treatment - 1)
    return (of_control + of_treatment) ** 2 / below if below > 0 else math.inf
