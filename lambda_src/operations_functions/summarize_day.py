"""Mails the summary of yesterday, and measures what requests cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from kindred.reporting.daily_summary import FIGURES, REQUESTS, DayCosts, daily_summary
from operations_functions.report_settings import (
    alarm_history,
    costs,
    figures,
    settings,
    today,
    topic,
)

# Of a day that has just ended, Cost Explorer knows a part.
_COST_LAG = timedelta(days=2)

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    metrics.add_metric("DailyRuns", MetricUnit.Count, 1)
    day = today(event) - timedelta(days=1)
    cost = _costs(today(event) - _COST_LAG) if settings().costs_are_known else None
    summary = daily_summary(
        settings().environment,
        day,
        values=figures().of_day(FIGURES, day),
        week_before=figures().of_day(FIGURES, day - timedelta(days=7)),
        alarms=alarm_history().began(day),
        costs=cost,
    )
    topic().send(summary)
    logger.info("day summarized", day=day.isoformat(), subject=summary.subject)
    return {"day": day.isoformat(), "subject": summary.subject}


def _costs(day: date) -> DayCosts:
    requests = sum(figures().of_day(REQUESTS, day).values())
    known = DayCosts(day=day, usd=costs().of_day(day), requests=requests)
    metrics.add_metric("cost_usd", MetricUnit.NoUnit, known.usd)
    if known.usd_per_million_requests is not None:
        metrics.add_metric(
            "cost_per_million_requests", MetricUnit.NoUnit, known.usd_per_million_requests
        )
    return known
