"""Everything that an experiment's counts tell: overall, day by day and segment by segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce
from operator import add
from typing import Any

from kindred.experiments.analysis_json import decision_json, results_json
from kindred.experiments.comparisons import MetricResult, compare, corrected
from kindred.experiments.counts import ALL, EXPOSURES, Counts
from kindred.experiments.decisions import Decision, Observation, decide
from kindred.experiments.definitions import Experiment
from kindred.experiments.observation import VariationTotals, observation, totals_of
from kindred.experiments.sample_plan import planned_units

# The page stays readable and the answer quick, however long an experiment is left running.
MOST_LOOKS = 60
MOST_SEGMENTS = 40

ByVariation = Mapping[str, VariationTotals]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was known by the end of `day`, of the units first exposed until then."""

    day: date
    units: Mapping[str, int]
    metrics: tuple[MetricResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentResult:
    """A segment `name=value`; it explores, and decides nothing."""

    segment: str
    units: Mapping[str, int]
    metrics: tuple[MetricResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """`looks` and `segments` are bounded; `left_out` says how many of each are not shown."""

    experiment: Experiment
    at: datetime
    units: Mapping[str, int]
    planned_units: int
    quality: Mapping[str, int]
    decision: Decision
    looks: tuple[Look, ...]
    segments: tuple[SegmentResult, ...]
    left_out: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return {
            "experiment": self.experiment.key,
            "status": str(self.experiment.status),
            "at": self.at.isoformat(),
            "control": self.experiment.control.key,
            "units": dict(self.units),
            "planned_units_per_variation": self.planned_units,
            "quality": dict(self.quality),
            "decision": decision_json(self.decision),
            "metrics": results_json(self.decision.metrics),
            "days": [
                {
                    "day": look.day.isoformat(),
                    "units": dict(look.units),
                    "metrics": results_json(look.metrics),
                }
                for look in self.looks
            ],
            "segments": [
                {
                    "segment": each.segment,
                    "units": dict(each.units),
                    "metrics": results_json(each.metrics),
                }
                for each in self.segments
            ],
            "left_out": dict(self.left_out),
        }


def analyse(
    experiment: Experiment, counts: Counts, *, now: datetime, segment: str | None = None
) -> Analysis:
    """The results of an experiment as of `now`; `segment` is the only one to be shown, if given.

    Raises ValueError for a sample plan that no experiment can meet.
    """
    compared = _taking_part(experiment, counts)
    days, segments = counts.days, [segment] if segment else _largest_first(counts)
    by_day = [_by_variation(compared, counts, [day], ALL) for day in days]
    overall = reduce(_added, by_day) if by_day else _by_variation(compared, counts, [now.date()])
    seen = observation(
        compared,
        overall,
        days=_counted_days(by_day),
        now=now,
        quality=counts.quality,
    )
    return Analysis(
        experiment=experiment,
        at=now,
        units={each.key: seen.units.get(each.key, 0) for each in experiment.variations},
        planned_units=planned_units(experiment.plan),
        quality=dict(counts.quality),
        decision=decide(compared, seen),
        looks=tuple(_looks(compared, days, by_day, now))[-MOST_LOOKS:],
        segments=tuple(_segments(compared, counts, days, segments[:MOST_SEGMENTS], now)),
        left_out={
            "days": max(0, len(days) - MOST_LOOKS),
            "segments": max(0, len(segments) - MOST_SEGMENTS),
        },
    )


def _taking_part(experiment: Experiment, counts: Counts) -> Experiment:
    """Without variations that get no traffic and had none, of which nothing can be said: the
    others would wait for them, or be beaten by what is not known of them."""
    return replace(
        experiment,
        variations=tuple(
            each
            for each in experiment.variations
            if each.weight > 0 or each.is_control or counts.exposed(each.key).units
        ),
    )


def _counted_days(by_day: Sequence[ByVariation]) -> int:
    """Days that saw a hundredth of the busiest one's units: a device whose clock is years behind
    must not make an experiment of one day look like one of many."""
    units = [sum(each.units for each in totals.values()) for totals in by_day]
    busiest = max(units, default=0)
    return sum(0 < busiest <= 100 * each for each in units)


def _largest_first(counts: Counts) -> list[str]:
    units: Counter[str] = Counter()
    for cell, tally in counts.cells.items():
        if cell.metric == EXPOSURES and cell.segment != ALL:
            units[cell.segment] += tally.units
    return sorted(units, key=lambda segment: (-units[segment], segment))


def _by_variation(
    experiment: Experiment, counts: Counts, days: Sequence[date], segment: str = ALL
) -> ByVariation:
    return {
        variation.key: reduce(
            add,
            (
                totals_of(experiment, counts, variation.key, day=day, segment=segment)
                for day in days
            ),
        )
        for variation in experiment.variations
    }


def _added(one: ByVariation, other: ByVariation) -> ByVariation:
    return {key: each + other[key] for key, each in one.items()}


def _looks(
    experiment: Experiment, days: Sequence[date], by_day: Sequence[ByVariation], now: datetime
) -> Iterator[Look]:
    so_far: ByVariation | None = None
    for index, (day, totals) in enumerate(zip(days, by_day, strict=True)):
        so_far = _added(so_far, totals) if so_far else totals
        if index < len(days) - MOST_LOOKS:
            continue
        seen = observation(experiment, so_far, days=index + 1, now=now, quality={})
        yield Look(day=day, units=seen.units, metrics=_compared(experiment, seen))


def _segments(
    experiment: Experiment,
    counts: Counts,
    days: Sequence[date],
    segments: Sequence[str],
    now: datetime,
) -> Iterator[SegmentResult]:
    for segment in segments:
        totals = _by_variation(experiment, counts, days, segment)
        seen = observation(experiment, totals, days=len(days), now=now, quality={})
        yield SegmentResult(segment=segment, units=seen.units, metrics=_compared(experiment, seen))


def _compared(experiment: Experiment, seen: Observation) -> tuple[MetricResult, ...]:
    """Lifts and p values without posteriors, which take a thousand times longer."""
    results = [
        compare(
            metric,
            seen.arms[metric.key],
            control=experiment.control.key,
            tightest_at=2 * planned_units(experiment.plan),
            alpha=experiment.plan.alpha,
        )
        for metric in experiment.metrics
        if metric.key in seen.arms
    ]
    return corrected(results, experiment.policy)
