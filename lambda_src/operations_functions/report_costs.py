"""Mails what the month before cost, service by service."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.reporting.cost_report import MonthlyCosts, cost_report, previous_month
from kindred.reporting.daily_summary import REQUESTS
from operations_functions.report_settings import costs, figures, settings, today, topic

logger = Logger()


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    this_month = today(event).replace(day=1)
    month = previous_month(this_month)
    counted = figures().of_days(REQUESTS, month, this_month - timedelta(days=1))
    known = MonthlyCosts(
        month=month,
        by_service=costs().of_month(month),
        before=costs().of_month(previous_month(month)),
        budget_usd=float(os.environ["BUDGET_USD"]),
        budgets=json.loads(os.environ["SERVICE_BUDGETS_USD"]),
        requests=sum(counted.values()),
    )
    report = cost_report(settings().environment, known)
    topic().send(report)
    logger.info("costs reported", month=month.isoformat(), usd=round(known.total, 2))
    return {"month": month.isoformat(), "usd": known.total}
