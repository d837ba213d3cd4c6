"""Decides the embedding experiment once a day, and moves its traffic to the winner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from decision_functions.decision_settings import daily_metrics, scheduled_at, shifts, winner_topic
from kindred.experiments.winner_selection import Selection, ShiftRecord, select_winner

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    metrics.add_metric("DailyRuns", MetricUnit.Count, 1)
    now = scheduled_at(event)
    record = _told(shifts().load())
    if record is None:
        logger.info("nothing to decide: the experiment has no record")
        return {"stage": None}
    since = record.current_shift(now=now).since
    table = daily_metrics(record.experiment.experiment_id)
    rows = table.rows(since=since, until=now.date() - timedelta(days=1))
    selection = select_winner(record, rows, now=now)
    if selection is None:
        logger.info("nothing to decide today", status=record.experiment.status)
        return {"stage": record.shift.stage if record.shift else None}
    # Where somebody changed the item meanwhile this raises, and Lambda tries again.
    shifts().save(record, selection)
    _told(shifts().load())
    return _said(selection)


def _told(record: ShiftRecord | None) -> ShiftRecord | None:
    """The notice lies in the item until it is sent: a run that died in between loses none."""
    if record and record.notice:
        winner_topic().announce(record.notice)
        shifts().forget_notice(record)
    return record


def _said(selection: Selection) -> dict[str, Any]:
    shift = selection.shift
    metrics.add_metric("ControlWeight", MetricUnit.NoUnit, shift.control_weight)
    metrics.add_metric("ShiftsRolledBack", MetricUnit.Count, shift.stage == "rolled_back")
    said = {
        "stage": shift.stage,
        "arms": shift.arms,
        "control_weight": shift.control_weight,
        "reason": shift.reason,
    }
    logger.info("experiment decided", decision=said)
    return said
