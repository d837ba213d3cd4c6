"""Which embedding model wins, by the days' rows of `ab_metrics`.

The table counts impressions and clicks, not distinct units: a partner who asks often weighs more
than one who asks once. The sample ratio is tested on distinct units, those of the latest day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kindred.experiments.bucketing import Arm
from kindred.experiments.comparisons import Arm as ArmCounts
from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.decisions import Decision, Observation, decide
from kindred.experiments.definitions import (
    DecisionPolicy,
    Experiment,
    Metric,
    SamplePlan,
    Variation,
)
from kindred.experiments.gradual_shift import LadderName
from kindred.experiments.statistics.samples import proportion

# The click rate and the improvement that the requirements name.
REQUIRED_PLAN = SamplePlan(baseline=0.0235, effect=0.05)
_METRICS = (
    Metric(key="ctr", name="Click rate"),
    Metric(key="error_rate", name="Error rate", role="guardrail", direction="decrease"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingPlan:
    """How the experiment between the models is decided, and how traffic climbs to its winner.

    `since` is the first day that counts.
    """

    policy: DecisionPolicy = "sequential"
    ladder: LadderName = "tenths"
    sample: SamplePlan = REQUIRED_PLAN
    since: date | None = None


def decide_embedding(
    experiment_id: str,
    plan: EmbeddingPlan,
    *,
    arms: tuple[Arm, Arm] = ("v1", "v2"),
    control_weight: float,
    rows: Sequence[DailyMetrics],
    now: datetime,
) -> Decision:
    """`rows` are those of the days that count, during which `control_weight` did not change.

    `arms` are control and treatment.
    """
    weights = dict(zip(arms, (control_weight, 1 - control_weight), strict=True))
    experiment = Experiment(
        key=experiment_id,
        name="Embedding models",
        variations=tuple(
            Variation(key=arm, name=arm, weight=weights[arm], is_control=arm == arms[0])
            for arm in arms
        ),
        metrics=_METRICS,
        plan=plan.sample,
        policy=plan.policy,
    )
    seen = Observation(
        arms={
            "ctr": [_share(arm, rows, "clicks_count", "impressions_count") for arm in arms],
            "error_rate": [_share(arm, rows, "errors_count", "requests_count") for arm in arms],
        },
        units={arm: _total(arm, rows, "impressions_count") for arm in arms},
        days=len({row.day for row in rows if not row.is_missing}),
        now=now,
        quality={},
        distinct=_distinct(arms, rows),
    )
    return decide(experiment, seen)


def missing_days(rows: Iterable[DailyMetrics], *, until: date) -> tuple[date, ...]:
    """Days between the first row and `until` of which there is no row at all."""
    known = {row.day for row in rows}
    first = min(known, default=until)
    span = (first + timedelta(days=offset) for offset in range((until - first).days + 1))
    return tuple(day for day in span if day not in known)


def _share(arm: str, rows: Iterable[DailyMetrics], part: str, whole: str) -> ArmCounts:
    units = _total(arm, rows, whole)
    # A click may come on the day after its impression.
    conversions = min(_total(arm, rows, part), units)
    return ArmCounts(
        key=arm,
        sample=proportion(units=units, conversions=conversions),
        conversions=conversions,
    )


def _distinct(arms: Iterable[Arm], rows: Sequence[DailyMetrics]) -> dict[str, int] | None:
    """Of one day, since a unit comes again on the next; None where no day counted any."""
    counted = [row for row in rows if row.units_count]
    latest = max((row.day for row in counted), default=None)
    if latest is None:
        return None
    return {
        arm: _total(arm, [r for r in counted if r.day == latest], "units_count") for arm in arms
    }


def _total(arm: str, rows: Iterable[DailyMetrics], column: str) -> int:
    return sum(int(getattr(row, column)) for row in rows if row.arm == arm)
