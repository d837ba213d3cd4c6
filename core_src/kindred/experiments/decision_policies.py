"""The three policies: how each reads an experiment's primary metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kindred.experiments.comparisons import Comparison, MetricResult
from kindred.experiments.decision_words import lift_in_words, listed, percent
from kindred.experiments.definitions import DecisionPolicy, Experiment, SamplePlan
from kindred.experiments.sample_plan import LEAST_UNITS_PER_ARM, minimum_units

# The requirements' rule, which the policy `fixed_horizon` keeps unchanged.
FIXED_LIFT = 0.05
FIXED_P_VALUE = 0.05
FIXED_DAYS = 7
# Of the effect worth detecting. A hundredth names a winner in 37 % of A/A tests, looked at daily:
# see benchmarks/decision_policies.py.
TOLERATED_LOSS = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`winners` may be promoted, best first, each with why; `settled` says why none ever will."""

    winners: Mapping[str, str]
    settled: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """`least_days` and `minimum_units` per arm stand before the rule."""

    rule: Callable[[Experiment, Sequence[MetricResult]], Verdict]
    minimum_units: Callable[[SamplePlan], int]
    least_days: int = 1


def gain(comparison: Comparison, result: MetricResult) -> float:
    """The lift, relative where there is one, counted in the direction that is wanted."""
    lift = comparison.relative or comparison.absolute
    sign = 1 if result.metric.direction == "increase" else -1
    return sign * lift.value if lift else 0.0


def is_worse(comparison: Comparison, result: MetricResult, *, alpha: float) -> bool:
    """Significantly so, after correction."""
    return _is_below(comparison.adjusted_p_value, alpha) and gain(comparison, result) < 0


def _is_below(p_value: float | None, alpha: float) -> bool:
    # Of a difference of forty standard errors it is 0.0, which must not be taken for none.
    return p_value is not None and p_value < alpha


def sequential(experiment: Experiment, primary: Sequence[MetricResult]) -> Verdict:
    """A challenger wins that is surely better on a primary metric and surely worse on none."""
    alpha, control = experiment.plan.alpha, experiment.control.key
    better: dict[str, str] = {}
    worse: dict[str, str] = {}
    for result in primary:
        for each in _challengers(result, control):
            said = f"{lift_in_words(each, result.metric, 'sequential')} at every look so far"
            if is_worse(each, result, alpha=alpha):
                worse[each.variation] = said
            elif _is_below(each.adjusted_p_value, alpha):
                better.setdefault(each.variation, said)
    winners = {key: said for key, said in better.items() if key not in worse}
    if winners:
        return Verdict(winners=_best_first(winners, primary[0]))
    if len(worse) == len(experiment.variations) - 1:
        reasons = "; ".join(worse.values())
        return Verdict(winners={control: f"the control is better than all others: {reasons}"})
    return Verdict(winners={}, settled=_futile(experiment, primary))


def bayesian(experiment: Experiment, primary: Sequence[MetricResult]) -> Verdict:
    """A variation wins whose expected loss is tolerable on every primary metric, and alone so."""
    control = experiment.control.key
    tolerated = {
        result.metric.key: TOLERATED_LOSS * abs(experiment.plan.effect * result.of(control).mean)
        for result in primary
    }
    acceptable = {
        variation.key: _loss_in_words(variation.key, primary[0], tolerated)
        for variation in experiment.variations
        if all(_loss(result, variation.key) <= tolerated[result.metric.key] for result in primary)
    }
    if control in acceptable and len(acceptable) > 1:
        return Verdict(
            winners={},
            settled=f"{listed(tuple(acceptable))} are as good as equal: choosing either costs "
            f"less than {percent(TOLERATED_LOSS)} of the effect worth detecting",
        )
    return Verdict(winners=_best_first(acceptable, primary[0]))


def fixed_horizon(experiment: Experiment, primary: Sequence[MetricResult]) -> Verdict:
    """The requirements' rule on the first primary metric: lift > 5 % and p < 0.05."""
    result, control = primary[0], experiment.control.key
    challengers = list(_challengers(result, control))
    significant = [each for each in challengers if _is_below(each.p_value, FIXED_P_VALUE)]
    winners = {
        each.variation: f"{lift_in_words(each, result.metric, 'fixed_horizon')}, more than "
        f"{percent(FIXED_LIFT)}, with p {each.p_value:.2g}"
        for each in significant
        if gain(each, result) > FIXED_LIFT
    }
    if winners:
        return Verdict(winners=_best_first(winners, result))
    beaten = [each for each in significant if _lift_of_control(each, result) > FIXED_LIFT]
    if challengers and len(beaten) == len(challengers):
        words = "; ".join(
            lift_in_words(each, result.metric, "fixed_horizon") for each in challengers
        )
        return Verdict(winners={control: f"the control is better than all others: {words}"})
    return Verdict(winners={})


def _least_units(_plan: SamplePlan) -> int:
    return LEAST_UNITS_PER_ARM


POLICIES: Mapping[DecisionPolicy, Policy] = {
    "sequential": Policy(sequential, minimum_units),
    "bayesian": Policy(bayesian, minimum_units),
    "fixed_horizon": Policy(fixed_horizon, _least_units, FIXED_DAYS),
}


def _challengers(result: MetricResult, control: str) -> Iterator[Comparison]:
    return (each for each in result.comparisons if each.variation != control)


def _best_first(winners: Mapping[str, str], result: MetricResult) -> dict[str, str]:
    """By the gain on the first primary metric; the control's is zero."""
    ordered = sorted(winners, key=lambda key: gain(result.of(key), result), reverse=True)
    return {key: winners[key] for key in ordered}


def _lift_of_control(challenger: Comparison, result: MetricResult) -> float:
    """The control's gain over the challenger, relative to the challenger."""
    absolute = challenger.absolute
    if absolute is None or challenger.mean == 0:
        return 0.0
    sign = 1 if result.metric.direction == "increase" else -1
    return -sign * absolute.value / abs(challenger.mean)


def _futile(experiment: Experiment, primary: Sequence[MetricResult]) -> str | None:
    """Why no challenger can still have the effect worth detecting on a primary metric."""
    effect = abs(experiment.plan.effect)
    for result in primary:
        sign = 1 if result.metric.direction == "increase" else -1
        for each in _challengers(result, experiment.control.key):
            if each.relative is None or max(sign * end for end in each.relative.sequence) >= effect:
                return None
    return (
        f"no variation reaches the {percent(effect)} worth detecting: the best that any may "
        "still be, at every look so far, is less"
    )


def _loss(result: MetricResult, variation: str) -> float:
    loss = result.of(variation).expected_loss
    return float("inf") if loss is None else loss


def _loss_in_words(variation: str, result: MetricResult, tolerated: Mapping[str, float]) -> str:
    each = result.of(variation)
    if each.expected_loss is None or each.chance_best is None:
        return ""
    return (
        f"choosing '{variation}' costs {each.expected_loss:.2g} on '{result.metric.key}' if it is "
        f"not the best, less than the {tolerated[result.metric.key]:.2g} that is tolerated; it is "
        f"the best with probability {each.chance_best:.3f}"
    )
