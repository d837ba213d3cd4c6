"""What a flag becomes by itself: changes at a time, and ramps of a rule's coverage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kindred.experiments.definitions import Flag, Json

# What a step may set on the flag, and on one of its rules.
FLAG_FIELDS = ("enabled", "default_value")
RULE_FIELDS = ("coverage", "value")
# Percentages to 0.01 %.
COVERAGE_STEP = 0.0001
_DECIMALS = 4


class ImpossibleStep(Exception):
    """The flag has changed so that a step means nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """At `at`, `rule` gets the values in `changes`; without a rule the flag itself does."""

    at: datetime
    changes: Mapping[str, Json]
    rule: str | None = None


def ramp(
    rule: str, *, first: float, last: float, steps: int, starts_at: datetime, every: timedelta
) -> tuple[Step, ...]:
    """`steps` equal steps of a rule's coverage, the first at once at `starts_at`, the last one
    exactly `last`."""
    gaps = max(steps - 1, 1)
    return tuple(
        Step(
            at=starts_at + every * number,
            rule=rule,
            changes={
                "coverage": last
                if number == steps - 1
                else round(first + (last - first) * number / gaps, _DECIMALS)
            },
        )
        for number in range(steps)
    )


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Steps of one time stay as they are given."""
    return tuple(sorted(steps, key=lambda step: step.at))


def apply(flag: Flag, step: Step) -> Flag:
    """The flag after the step. Raises ImpossibleStep."""
    allowed = FLAG_FIELDS if step.rule is None else RULE_FIELDS
    if not step.changes or not set(step.changes) <= set(allowed):
        given = ", ".join(sorted(step.changes)) or "nothing"
        raise ImpossibleStep(f"a step sets {given}, allowed {', '.join(allowed)}")
    if not isinstance(step.changes.get("enabled", True), bool):
        raise ImpossibleStep("a step sets enabled to neither true nor false, which are allowed")
    if step.rule is None:
        return replace(flag, **step.changes)
    if step.rule not in (rule.id for rule in flag.rules):
        known = ", ".join(rule.id for rule in flag.rules) or "none, the flag has no rule"
        raise ImpossibleStep(f"a step is for the rule {step.rule}, allowed {known}")
    return replace(
        flag,
        rules=tuple(
            replace(rule, **step.changes) if rule.id == step.rule else rule for rule in flag.rules
        ),
    )
