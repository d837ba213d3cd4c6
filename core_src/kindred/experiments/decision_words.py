"""How a decision speaks of what it saw."""

from __future__ import annotations

from collections.abc import Sequence

from kindred.experiments.comparisons import Comparison, LiftResult
from kindred.experiments.definitions import DecisionPolicy, Metric


def percent(share: float) -> str:
    """Of a share of 1, to at most three digits that tell something."""
    return f"{100 * share:.3g} %"


def listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def lift_in_words(comparison: Comparison, metric: Metric, policy: DecisionPolicy) -> str:
    """E.g. "'red' is 5.3 % above the control on 'signup' (3.1 % to 7.5 %)"."""
    lift = comparison.relative or comparison.absolute
    if lift is None:
        return f"'{comparison.variation}' has no units to compare on '{metric.key}'"
    shown = percent if comparison.relative else "{:.4g}".format
    low, high = _interval(lift, policy)
    side = "above" if lift.value >= 0 else "below"
    return (
        f"'{comparison.variation}' is {shown(abs(lift.value))} {side} the control on "
        f"'{metric.key}' ({shown(low)} to {shown(high)})"
    )


def _interval(lift: LiftResult, policy: DecisionPolicy) -> tuple[float, float]:
    return lift.interval if policy == "fixed_horizon" else lift.sequence
