"""Folds yesterday's minutes of `ab_metrics` into a row for each arm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from decision_functions.decision_settings import daily_metrics, experiment, scheduled_at
from kindred.experiments.daily_metrics import fold_windows

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Of the day before the run, or of the past `day` that the event names, to do it again."""
    metrics.add_metric("DailyRuns", MetricUnit.Count, 1)
    day = _day(event)
    current = experiment()
    table = daily_metrics(current.experiment_id)
    windows = table.windows(day, arms=current.arms)
    rows = [fold_windows(arm, day, found) for arm, found in windows.items()]
    for row in rows:
        table.put(row)
    missing = [row.arm for row in rows if row.is_missing]
    metrics.add_metric("ArmsWithoutMetrics", MetricUnit.Count, len(missing))
    counted = {row.arm: row.requests_count for row in rows}
    logger.info("day aggregated", day=day.isoformat(), requests=counted, missing=missing)
    return {"day": day.isoformat(), "requests": counted, "missing": missing}


def _day(event: Mapping[str, Any]) -> date:
    yesterday = scheduled_at(event).date() - timedelta(days=1)
    day = date.fromisoformat(event["day"]) if "day" in event else yesterday
    if day > yesterday:
        raise ValueError(f"day: given {day}, allowed up to {yesterday}: a day that is over")
    return day
