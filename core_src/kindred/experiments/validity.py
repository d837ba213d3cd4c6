"""Whether a definition can be obeyed: every problem at once, each with what is allowed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from kindred.experiments.definitions import (
    Condition,
    Experiment,
    ExperimentStatus,
    Flag,
    FlagRule,
    FlagType,
    Json,
    Metric,
    Namespace,
)
from kindred.experiments.engine.condition_validation import InvalidCondition, validate_condition
from kindred.experiments.sample_plan import planned_units
from kindred.experiments.schedule import COVERAGE_STEP

LEAST_VARIATIONS, MOST_VARIATIONS = 2, 20
MOST_SEGMENTS = 3
WEIGHT_TOLERANCE = 1e-6
OVER = (ExperimentStatus.COMPLETED, ExperimentStatus.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Invalid:
    """`pointer` is a JSON pointer into the definition."""

    pointer: str
    detail: str


def experiment_problems(
    experiment: Experiment, *, saved_groups: Collection[str], holdouts: Collection[str]
) -> list[Invalid]:
    return [
        *_variation_problems(experiment),
        *_metric_problems(experiment.metrics),
        *_plan_problems(experiment),
        *_condition_problems("/condition", experiment.condition, saved_groups),
        *_scope_problems(experiment, holdouts),
        *release_problems(experiment),
    ]


def release_problems(experiment: Experiment) -> Iterator[Invalid]:
    """Everybody gets the released variation: not before the end, and none that is not there."""
    keys = [each.key for each in experiment.variations]
    if experiment.released is not None and experiment.released not in keys:
        yield Invalid("/released", _unknown(experiment.released, keys))
    elif experiment.released is not None and experiment.status not in OVER:
        yield Invalid(
            "/released", f"the experiment is {experiment.status}, allowed once it is completed"
        )


def flag_problems(
    flag: Flag,
    *,
    saved_groups: Collection[str],
    experiments: Collection[str],
    flags: Collection[str],
) -> list[Invalid]:
    found = [
        *_value_problems(flag.type, flag.default_value, "/default_value"),
        *_value_problems(flag.type, flag.off_value, "/off_value"),
        *_repeated((rule.id for rule in flag.rules), "/rules", "id"),
    ]
    for at, prerequisite in enumerate(flag.prerequisites):
        found += _prerequisite_problems(
            prerequisite.flag, prerequisite.condition, f"/prerequisites/{at}", flags, saved_groups
        )
    for at, rule in enumerate(flag.rules):
        found += _rule_problems(flag.type, rule, f"/rules/{at}", saved_groups, experiments, flags)
    return found


def served_problems(flag: Flag, experiments: Mapping[str, Experiment]) -> Iterator[Invalid]:
    """A flag serves the values of the experiments that its rules name, which must be of its type:
    clients show their own default instead of another, and the experiment counts it."""
    for at, rule in enumerate(flag.rules):
        experiment = experiments.get(rule.experiment or "")
        for variation in experiment.variations if experiment else ():
            for problem in _value_problems(flag.type, variation.value, f"/rules/{at}/experiment"):
                yield Invalid(
                    problem.pointer,
                    f"{rule.experiment}'s variation {variation.key}, which {flag.key} would serve: "
                    f"{problem.detail}",
                )


def namespace_conflicts(namespace: Namespace, others: Iterable[Experiment]) -> list[str]:
    """The keys of experiments whose range of the namespace overlaps, each with that range."""
    return [
        f"{other.key} [{other.namespace.start:g}, {other.namespace.end:g})"
        for other in others
        if other.namespace
        and other.namespace.name == namespace.name
        and other.namespace.start < namespace.end
        and namespace.start < other.namespace.end
    ]


def _variation_problems(experiment: Experiment) -> Iterator[Invalid]:
    variations = experiment.variations
    if not LEAST_VARIATIONS <= len(variations) <= MOST_VARIATIONS:
        yield Invalid(
            "/variations",
            f"given {len(variations)}, allowed {LEAST_VARIATIONS} to {MOST_VARIATIONS}",
        )
    yield from _repeated((each.key for each in variations), "/variations", "key")
    total = math.fsum(each.weight for each in variations)
    if abs(total - 1) > WEIGHT_TOLERANCE:
        yield Invalid("/variations", f"the weights sum to {total:.6g}, allowed is 1")
    for at, each in enumerate(variations):
        if not 0 <= each.weight <= 1:
            yield Invalid(f"/variations/{at}/weight", f"given {each.weight:g}, allowed 0 to 1")
        if each.redirect_url is not None and not _is_web_address(each.redirect_url):
            yield Invalid(
                f"/variations/{at}/redirect_url", "allowed is an https:// address with a host"
            )
    redirected = sum(each.redirect_url is not None for each in variations)
    if 0 < redirected < len(variations):
        yield Invalid("/variations", f"{redirected} have a redirect_url, allowed is all or none")
    controls = [each.key for each in variations if each.is_control]
    if len(controls) != 1:
        given = ", ".join(controls) or "none"
        yield Invalid("/variations", f"is_control: given {given}, allowed is exactly one")


def _metric_problems(metrics: Sequence[Metric]) -> Iterator[Invalid]:
    yield from _repeated((each.key for each in metrics), "/metrics", "key")
    if not any(each.role == "primary" for each in metrics):
        yield Invalid("/metrics", "no metric has the role primary, at least one must")
    summed = {each.key for each in metrics if each.kind != "ratio"}
    for at, each in enumerate(metrics):
        for name in ("numerator", "denominator"):
            part = getattr(each, name)
            if each.kind != "ratio" and part is not None:
                yield Invalid(f"/metrics/{at}/{name}", "allowed for a ratio only")
            if each.kind == "ratio" and part not in summed:
                known = ", ".join(sorted(summed)) or "none is there"
                given = "nothing" if part is None else part
                yield Invalid(
                    f"/metrics/{at}/{name}", f"given {given}, allowed a metric's key: {known}"
                )


def _plan_problems(experiment: Experiment) -> Iterator[Invalid]:
    try:
        planned_units(experiment.plan)
    except (ValueError, OverflowError) as error:
        yield Invalid("/plan", str(error))
    primary = next((each for each in experiment.metrics if each.role == "primary"), None)
    if primary and primary.kind != "binary" and experiment.plan.deviation is None:
        yield Invalid("/plan/deviation", f"the primary metric {primary.key} needs one: no rate")
    if primary and primary.kind == "binary" and experiment.plan.deviation is not None:
        yield Invalid("/plan/deviation", f"the primary metric {primary.key} is a rate, it has none")


def _scope_problems(experiment: Experiment, holdouts: Collection[str]) -> Iterator[Invalid]:
    if not 0 <= experiment.coverage <= 1:
        yield Invalid("/coverage", f"given {experiment.coverage:g}, allowed 0 to 1")
    if (space := experiment.namespace) and not 0 <= space.start < space.end <= 1:
        yield Invalid(
            "/namespace", f"given [{space.start:g}, {space.end:g}), allowed 0 <= start < end <= 1"
        )
    if experiment.holdout is not None and experiment.holdout not in holdouts:
        yield Invalid("/holdout", _unknown(experiment.holdout, holdouts))
    if len(set(experiment.segments)) > MOST_SEGMENTS:
        yield Invalid(
            "/segments", f"given {len(experiment.segments)}, allowed at most {MOST_SEGMENTS}"
        )
    # What is told of units names none of them, and a segment's value is told as it is.
    units = {"id", experiment.hash_attribute, experiment.fallback_attribute}
    if naming := sorted(set(experiment.segments).intersection(units)):
        yield Invalid("/segments", f"given {', '.join(naming)}, which names units")
    if experiment.starts_at and experiment.ends_at and experiment.starts_at >= experiment.ends_at:
        yield Invalid("/ends_at", "allowed is a time after starts_at")


def _rule_problems(
    kind: FlagType,
    rule: FlagRule,
    pointer: str,
    saved_groups: Collection[str],
    experiments: Collection[str],
    flags: Collection[str],
) -> Iterator[Invalid]:
    yield from _condition_problems(f"{pointer}/condition", rule.condition, saved_groups)
    if rule.experiment is None:
        yield from _value_problems(kind, rule.value, f"{pointer}/value")
    elif rule.experiment not in experiments:
        yield Invalid(f"{pointer}/experiment", _unknown(rule.experiment, experiments))
    elif rule.coverage is not None:
        yield Invalid(f"{pointer}/coverage", "the experiment has its own, allowed is none here")
    if rule.coverage is not None and not _is_share(rule.coverage):
        yield Invalid(
            f"{pointer}/coverage", f"given {rule.coverage:g}, allowed 0 to 1 by {COVERAGE_STEP}"
        )
    for at, each in enumerate(rule.prerequisites):
        where = f"{pointer}/prerequisites/{at}"
        yield from _prerequisite_problems(each.flag, each.condition, where, flags, saved_groups)


def _prerequisite_problems(
    flag: str,
    condition: Condition,
    pointer: str,
    flags: Collection[str],
    saved_groups: Collection[str],
) -> Iterator[Invalid]:
    if flag not in flags:
        yield Invalid(f"{pointer}/flag", _unknown(flag, flags))
    yield from _condition_problems(f"{pointer}/condition", condition, saved_groups)


def _value_problems(kind: FlagType, value: Json, pointer: str) -> Iterator[Invalid]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "boolean": isinstance(value, bool),
        "string": isinstance(value, str),
        "number": number,
        "json": True,
    }[kind]
    if not fits:
        yield Invalid(pointer, f"given a value of another type, allowed is a {kind}")


def _condition_problems(
    pointer: str, condition: Condition, saved_groups: Collection[str]
) -> Iterator[Invalid]:
    try:
        validate_condition(condition, saved_groups=saved_groups)
    except InvalidCondition as error:
        yield Invalid(pointer, str(error))


def _repeated(keys: Iterable[str], pointer: str, name: str) -> Iterator[Invalid]:
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        yield Invalid(pointer, f"{name}: given {', '.join(twice)} more than once, allowed once")


def _is_share(coverage: float) -> bool:
    steps = coverage / COVERAGE_STEP
    return 0 <= coverage <= 1 and abs(steps - round(steps)) < WEIGHT_TOLERANCE


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


def _unknown(given: str, known: Collection[str]) -> str:
    listed = ", ".join(sorted(known)[:20]) or "none, there is none yet"
    return f"given {given}, allowed: {listed}"
