"""Whether an experiment has a winner, and why, as a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kindred.experiments.comparisons import (
    Arm,
    MetricResult,
    compare,
    corrected,
    with_posteriors,
)
from kindred.experiments.decision_policies import POLICIES, is_worse
from kindred.experiments.decision_words import lift_in_words, percent
from kindred.experiments.definitions import DecisionPolicy, Experiment, ExperimentStatus
from kindred.experiments.sample_plan import planned_units
from kindred.experiments.statistics.sample_ratio import SampleRatio, sample_ratio

Outcome = Literal["winner", "no_winner", "keep_running", "blocked"]

_QUALITY = {
    "mismatched": "were served another variation than they were assigned and are not counted",
    "crossed": "were seen in more than one variation and count in their first",
    "unexposed": "came from units that had not been exposed and are not counted",
    "refused": "were beyond what is kept of one unit and are not counted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen by `now`: the arms of each metric, by its key, and units by variation.

    `days` are those on which units came. `quality` counts what was left out. Where `units` counts
    some more than once, `distinct` has units that the sample ratio can be tested on.
    """

    arms: Mapping[str, Sequence[Arm]]
    units: Mapping[str, int]
    days: int
    now: datetime
    quality: Mapping[str, int]
    distinct: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`reasons` say in plain words what led to the outcome; `warnings` what else to look at."""

    outcome: Outcome
    policy: DecisionPolicy
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    metrics: tuple[MetricResult, ...]
    sample_ratio: SampleRatio
    minimum_units: int
    winner: str | None = None


def decide(experiment: Experiment, seen: Observation) -> Decision:
    """What the experiment's policy says of what was seen, unless a gate stands before it."""
    metrics = measure(experiment, seen)
    weights = {each.key: each.weight for each in experiment.variations}
    ratio = sample_ratio(seen.units if seen.distinct is None else seen.distinct, weights)
    harms = _harmed_guardrails(experiment, metrics)
    outcome, winner, reasons = _outcome(experiment, seen, metrics, ratio, harms)
    return Decision(
        outcome=outcome,
        winner=winner,
        policy=experiment.policy,
        reasons=reasons,
        warnings=(
            *_ratio_warning(ratio),
            *_unmeasured(experiment, seen),
            *_quality_warnings(seen),
            *harms.values(),
        ),
        metrics=metrics,
        sample_ratio=ratio,
        minimum_units=POLICIES[experiment.policy].minimum_units(experiment.plan),
    )


def measure(experiment: Experiment, seen: Observation) -> tuple[MetricResult, ...]:
    """Every metric's arms beside the control, with chances of being best and corrections."""
    results = [
        with_posteriors(
            compare(
                metric,
                seen.arms[metric.key],
                control=experiment.control.key,
                tightest_at=2 * planned_units(experiment.plan),
                alpha=experiment.plan.alpha,
            ),
            seen.arms[metric.key],
        )
        for metric in experiment.metrics
        if seen.arms.get(metric.key)
    ]
    return corrected(results, experiment.policy)


def _outcome(
    experiment: Experiment,
    seen: Observation,
    metrics: Sequence[MetricResult],
    ratio: SampleRatio,
    harms: Mapping[str, str],
) -> tuple[Outcome, str | None, tuple[str, ...]]:
    """The first gate that stands decides; behind all of them the policy's rule does."""
    if ratio.verdict == "blocked":
        return "blocked", None, (_ratio_in_words(ratio, "nothing can be promoted"),)
    open_outcome: Outcome = "no_winner" if _has_ended(experiment, seen.now) else "keep_running"
    if missing := tuple(_missing(experiment, seen)):
        return open_outcome, None, missing
    primary = [result for result in metrics if result.metric.role == "primary"]
    if not primary:
        return open_outcome, None, ("no primary metric has been measured",)
    verdict = POLICIES[experiment.policy].rule(experiment, primary)
    for winner, reason in verdict.winners.items():
        if winner not in harms:
            return "winner", winner, (reason,)
    if verdict.winners:
        return "blocked", None, (*verdict.winners.values(), *harms.values())
    if verdict.settled:
        return "no_winner", None, (verdict.settled,)
    return open_outcome, None, tuple(_undecided(experiment, primary))


def _has_ended(experiment: Experiment, now: datetime) -> bool:
    over = experiment.status in (ExperimentStatus.COMPLETED, ExperimentStatus.ARCHIVED)
    return over or (experiment.ends_at is not None and now >= experiment.ends_at)


def _missing(experiment: Experiment, seen: Observation) -> Iterator[str]:
    policy = POLICIES[experiment.policy]
    needed = policy.minimum_units(experiment.plan)
    if seen.days < policy.least_days:
        yield f"{seen.days} of {policy.least_days} days have been counted"
    for variation in experiment.variations:
        units = seen.units.get(variation.key, 0)
        if variation.weight > 0 and units < needed:
            yield f"'{variation.key}' has {units:,} of {needed:,} units"


def _harmed_guardrails(experiment: Experiment, metrics: Sequence[MetricResult]) -> dict[str, str]:
    """Variations that are significantly worse on a guardrail metric, each with how much."""
    harms: dict[str, list[str]] = {}
    for result in metrics:
        for each in result.comparisons if result.metric.role == "guardrail" else ():
            if is_worse(each, result, alpha=experiment.plan.alpha):
                words = lift_in_words(each, result.metric, experiment.policy)
                harms.setdefault(each.variation, []).append(f"guardrail: {words}, which is worse")
    return {variation: "; ".join(words) for variation, words in harms.items()}


def _unmeasured(experiment: Experiment, seen: Observation) -> Iterator[str]:
    for metric in experiment.metrics:
        if any(seen.units.values()) and not seen.arms.get(metric.key):
            yield (
                f"the {metric.role} metric '{metric.key}' is not compared: in some "
                "variation its denominator adds up to nothing"
            )


def _undecided(experiment: Experiment, primary: Sequence[MetricResult]) -> Iterator[str]:
    for result in primary:
        for each in result.comparisons:
            if each.variation != experiment.control.key:
                words = lift_in_words(each, result.metric, experiment.policy)
                yield f"{words}: not sure enough either way"


def _ratio_warning(ratio: SampleRatio) -> Iterator[str]:
    if ratio.verdict == "flagged":
        yield _ratio_in_words(ratio, "look for a cause before trusting the result")


def _ratio_in_words(ratio: SampleRatio, consequence: str) -> str:
    return (
        "sample-ratio mismatch: the variations' units differ from their weights as chance would "
        f"only with p {ratio.p_value:.2g}; {consequence}"
    )


def _quality_warnings(seen: Observation) -> Iterator[str]:
    counted = sum(seen.units.values())
    for kind, what in _QUALITY.items():
        if count := seen.quality.get(kind, 0):
            share = percent(count / counted) if counted else "all"
            yield f"{kind}: {count:,} ({share} beside {counted:,} units) {what}"
