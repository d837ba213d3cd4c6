"""Each variation of an experiment beside the control, on one metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kindred.experiments.definitions import DecisionPolicy, Metric, MetricRole
from kindred.experiments.statistics.best_arm import expected_losses, probabilities_best
from kindred.experiments.statistics.confidence_sequence import (
    always_valid_p_value,
    confidence_sequence,
)
from kindred.experiments.statistics.cuped import cuped
from kindred.experiments.statistics.estimates import Estimate
from kindred.experiments.statistics.multiple_testing import benjamini_hochberg, holm
from kindred.experiments.statistics.posteriors import Beta, Normal, Posterior, beta_posterior
from kindred.experiments.statistics.proportions import pooled_z
from kindred.experiments.statistics.samples import Sample, Totals
from kindred.experiments.statistics.welch import Lift, welch

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What one variation measured of one metric.

    `conversions` are given where the metric is whether a unit converted. `totals` carry a
    covariate where one is known of the units.
    """

    key: str
    sample: Sample
    conversions: int | None = None
    totals: Totals | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftResult:
    """`interval` holds at a single look, `sequence` at all looks at once."""

    value: float
    interval: Interval
    sequence: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A variation beside the control; the control itself has no lift.

    `p_value` is for a single look, `always_valid_p_value` for any number of them;
    `adjusted_p_value` is the one its policy goes by, corrected for how many are looked at.
    """

    variation: str
    units: int
    mean: float
    absolute: LiftResult | None = None
    relative: LiftResult | None = None
    p_value: float | None = None
    always_valid_p_value: float | None = None
    adjusted_p_value: float | None = None
    chance_best: float | None = None
    expected_loss: float | None = None
    uses_covariate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    metric: Metric
    comparisons: tuple[Comparison, ...]

    def of(self, variation: str) -> Comparison:
        return next(each for each in self.comparisons if each.variation == variation)


def compare(
    metric: Metric, arms: Sequence[Arm], *, control: str, tightest_at: float, alpha: float
) -> MetricResult:
    """Every arm beside the one named `control`, which must be among them."""
    baseline = next(arm for arm in arms if arm.key == control)
    return MetricResult(
        metric=metric,
        comparisons=tuple(
            _plain(arm) if arm is baseline else _beside(baseline, arm, tightest_at, alpha)
            for arm in arms
        ),
    )


def with_posteriors(result: MetricResult, arms: Sequence[Arm]) -> MetricResult:
    """The result with each arm's chance of being best and the expected loss of choosing it."""
    posteriors = [_posterior(arm, result.metric) for arm in arms]
    known = [posterior for posterior in posteriors if posterior is not None]
    if len(known) < len(arms):
        return result
    chances, losses = probabilities_best(known), expected_losses(known)
    return replace(
        result,
        comparisons=tuple(
            replace(each, chance_best=chance, expected_loss=loss)
            for each, chance, loss in zip(result.comparisons, chances, losses, strict=True)
        ),
    )


def corrected(results: Sequence[MetricResult], policy: DecisionPolicy) -> tuple[MetricResult, ...]:
    """P values corrected over the comparisons of each role: secondary metrics explore.

    Primary and guardrail metrics decide, so none of them may be found by mistake (Holm); of
    secondary ones a share may (Benjamini and Hochberg).
    """
    adjusted: dict[tuple[str, str], float] = {}
    roles: tuple[MetricRole, ...] = ("primary", "guardrail", "secondary")
    for role in roles:
        found = {
            (result.metric.key, each.variation): p_value
            for result in results
            if result.metric.role == role
            for each in result.comparisons
            if (p_value := deciding_p_value(each, policy)) is not None
        }
        correct = benjamini_hochberg if role == "secondary" else holm
        adjusted |= dict(zip(found, correct(list(found.values())), strict=True))
    return tuple(
        replace(
            result,
            comparisons=tuple(
                replace(each, adjusted_p_value=adjusted.get((result.metric.key, each.variation)))
                for each in result.comparisons
            ),
        )
        for result in results
    )


def deciding_p_value(comparison: Comparison, policy: DecisionPolicy) -> float | None:
    """Only the fixed horizon goes by a p value that one look uses up."""
    if policy == "fixed_horizon":
        return comparison.p_value
    return comparison.always_valid_p_value


def _plain(arm: Arm) -> Comparison:
    return Comparison(variation=arm.key, units=arm.sample.units, mean=arm.sample.mean)


def _beside(control: Arm, arm: Arm, tightest_at: float, alpha: float) -> Comparison:
    lift, uses_covariate = _lift(control, arm)
    if lift is None:
        return _plain(arm)
    units = control.sample.units + arm.sample.units

    def shown(estimate: Estimate) -> LiftResult:
        return LiftResult(
            value=estimate.value,
            interval=estimate.interval(alpha),
            sequence=confidence_sequence(
                estimate, units=units, tightest_at=tightest_at, alpha=alpha
            ),
        )

    return replace(
        _plain(arm),
        absolute=shown(lift.absolute),
        relative=shown(lift.relative) if lift.relative else None,
        p_value=lift.absolute.p_value if uses_covariate else _p_value(control, arm, lift),
        always_valid_p_value=always_valid_p_value(
            lift.absolute, units=units, tightest_at=tightest_at, alpha=alpha
        ),
        uses_covariate=uses_covariate,
    )


def _lift(control: Arm, arm: Arm) -> tuple[Lift | None, bool]:
    if control.totals and arm.totals and (control.totals + arm.totals).covariate_variance > 0:
        return cuped(control.totals, arm.totals), True
    return welch(control.sample, arm.sample), False


def _p_value(control: Arm, arm: Arm, lift: Lift) -> float:
    if control.conversions is None or arm.conversions is None:
        return lift.absolute.p_value
    return pooled_z(
        control.conversions, control.sample.units, arm.conversions, arm.sample.units
    ).p_value


def _posterior(arm: Arm, metric: Metric) -> Posterior | None:
    """Of what is wanted: mirrored where the metric should decrease, so that best is highest."""
    falling = metric.direction == "decrease"
    if arm.conversions is not None:
        posterior = beta_posterior(units=arm.sample.units, conversions=arm.conversions)
        return Beta(posterior.beta, posterior.alpha) if falling else posterior
    if arm.sample.units < 2 or arm.sample.variance <= 0:
        return None
    deviation = math.sqrt(arm.sample.variance / arm.sample.units)
    return Normal(-arm.sample.mean if falling else arm.sample.mean, deviation)
