"""How much must be seen before anything is decided."""

from __future__ import annotations

from kindred.experiments.definitions import SamplePlan
from kindred.experiments.statistics.sample_size import units_for_mean, units_for_proportion

# Below it neither the approximations hold nor would the requirements decide.
LEAST_UNITS_PER_ARM = 10_000


def planned_units(plan: SamplePlan) -> int:
    """Per arm. Raises ValueError for a plan that no experiment can meet."""
    difference = plan.baseline * plan.effect
    if plan.deviation is None:
        return units_for_proportion(plan.baseline, difference, alpha=plan.alpha, power=plan.power)
    if plan.deviation <= 0 or difference == 0:
        raise ValueError(
            f"given a deviation of {plan.deviation} and an effect of {plan.effect} on "
            f"{plan.baseline}, allowed a deviation above 0 and an effect other than 0"
        )
    return units_for_mean(plan.deviation, difference, alpha=plan.alpha, power=plan.power)


def minimum_units(plan: SamplePlan) -> int:
    """Per arm, before the sequential and the bayesian policy name a winner."""
    return max(LEAST_UNITS_PER_ARM, planned_units(plan))
