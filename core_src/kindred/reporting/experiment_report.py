"""The report of a week's experiments: who met them, what moved, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from kindred.experiments.analysis import Analysis
from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.decision_words import lift_in_words, percent
from kindred.experiments.definitions import Definitions, Experiment, ExperimentStatus
from kindred.experiments.winner_selection import ShiftRecord
from kindred.reporting.report import Report, report, table

_WEEK = timedelta(days=7)
_OPEN = (ExperimentStatus.RUNNING, ExperimentStatus.PAUSED)
# A report is read, not searched: the rest is in the console.
_MOST = 50


def reported(definitions: Definitions, *, now: datetime) -> tuple[Experiment, ...]:
    """Those that run or pause, and those whose end was in the week before `now`."""
    return tuple(
        each
        for each in definitions.experiments
        if each.status in _OPEN
        or (each.status == ExperimentStatus.COMPLETED and _ended_lately(each, now))
    )[:_MOST]


def experiment_report(
    environment: str,
    *,
    day: date,
    record: ShiftRecord | None,
    days: Sequence[DailyMetrics],
    analyses: Sequence[Analysis],
) -> Report:
    """`record` and `days` are of the test of models, `days` those of the week."""
    running = len(analyses) + (record is not None)
    return report(
        f"Kindred {environment}: experiments of the week to {day}: {running}",
        [
            f"{environment}, the seven days to {day.isoformat()} (UTC).",
            _models(record, days) if record else "No test of models has a record.",
            *(_analysis(each) for each in analyses),
            "" if analyses else "No other experiment ran.",
        ],
    )


def _ended_lately(experiment: Experiment, now: datetime) -> bool:
    return experiment.ends_at is not None and now - _WEEK <= experiment.ends_at <= now


def _models(record: ShiftRecord, days: Sequence[DailyMetrics]) -> str:
    experiment = record.experiment
    weights = (experiment.control_weight, 1 - experiment.control_weight)
    rows = [["arm", "traffic", "requests", "errors", "CTR", "MAE", "revenue"]]
    rows += [
        [arm, percent(weight), *_arm_figures([row for row in days if row.arm == arm])]
        for arm, weight in zip(experiment.arms, weights, strict=True)
    ]
    shift = record.shift
    state = f"{shift.stage}: {shift.reason}" if shift else "nothing was decided yet"
    return "\n".join(
        [f"Models, {experiment.experiment_id} ({experiment.status}): {state}.", table(rows)]
    )


def _arm_figures(days: Sequence[DailyMetrics]) -> list[str]:
    requests = sum(row.requests_count for row in days)
    errors = sum(row.errors_count for row in days)
    impressions = sum(row.impressions_count for row in days)
    clicks = sum(row.clicks_count for row in days)
    judged = sum(row.performance_count for row in days if row.prediction_error is not None)
    missed = sum((row.prediction_error or 0.0) * row.performance_count for row in days)
    return [
        f"{requests:,}",
        percent(errors / requests) if requests else "-",
        percent(clicks / impressions) if impressions else "-",
        f"{missed / judged:.3f}" if judged else "-",
        f"${sum(row.revenue_usd for row in days):,.2f}",
    ]


def _analysis(analysis: Analysis) -> str:
    experiment, decision = analysis.experiment, analysis.decision
    units = ", ".join(f"{key} {count:,}" for key, count in analysis.units.items())
    lines = [
        f"{experiment.name} ({experiment.key}, {experiment.status}): {_outcome(analysis)}.",
        f"  Units: {units}; planned {analysis.planned_units:,} a variation.",
        *(f"  {words}." for words in _lifts(analysis)),
        *(f"  Why: {reason}." for reason in decision.reasons),
        *(f"  Mind: {warning}." for warning in decision.warnings),
    ]
    return "\n".join(lines)


def _outcome(analysis: Analysis) -> str:
    decision = analysis.decision
    words = decision.outcome.replace("_", " ")
    return f"{words}, '{decision.winner}'" if decision.winner else words


def _lifts(analysis: Analysis) -> Iterable[str]:
    """Of the primary metrics; others decide nothing alone."""
    control = analysis.experiment.control.key
    for result in analysis.decision.metrics:
        if result.metric.role != "primary":
            continue
        for comparison in result.comparisons:
            if comparison.variation != control:
                yield lift_in_words(comparison, result.metric, analysis.decision.policy)
