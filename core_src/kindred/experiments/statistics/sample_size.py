"""How many units an arm needs before a difference of some size is likely to be seen."""

from __future__ import annotations

import math

from scipy import special


def units_for_proportion(
    baseline: float, difference: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Per arm, to tell `baseline` from `baseline + difference` (absolute), two-sided.

    Rounded to the nearest unit, as Evan Miller's calculator does, whose formula it is.
    """
    null, alternative = _deviations(baseline, difference)
    z_alpha, z_power = _quantile(1 - alpha / 2), _quantile(power)
    return round(((z_alpha * null + z_power * alternative) / difference) ** 2)


def power_of_proportion(
    units: int, baseline: float, difference: float, *, alpha: float = 0.05
) -> float:
    """The chance that `units` per arm give a significant difference, on the side it lies."""
    null, alternative = _deviations(baseline, difference)
    reach = abs(difference) * math.sqrt(units)
    return float(special.ndtr((reach - _quantile(1 - alpha / 2) * null) / alternative))


def units_for_mean(
    deviation: float, difference: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Per arm, for a value whose standard deviation is `deviation` in both arms."""
    z = _quantile(1 - alpha / 2) + _quantile(power)
    return math.ceil(2 * (z * deviation / difference) ** 2)


def power_of_mean(units: int, deviation: float, difference: float, *, alpha: float = 0.05) -> float:
    reach = abs(difference) / (deviation * math.sqrt(2 / units))
    return float(special.ndtr(reach - _quantile(1 - alpha / 2)))


def _deviations(baseline: float, difference: float) -> tuple[float, float]:
    """Of the difference of two units, if both convert alike and if they do not."""
    other = baseline + difference
    if not 0 < baseline < 1 or not 0 <= other <= 1 or difference == 0:
        raise ValueError(
            f"given a baseline of {baseline} and a difference of {difference}, "
            "allowed two different rates between 0 and 1"
        )
    own = baseline * (1 - baseline)
    return math.sqrt(2 * own), math.sqrt(own + other * (1 - other))


def _quantile(probability: float) -> float:
    return float(special.ndtri(probability))
