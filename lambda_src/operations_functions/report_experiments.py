"""Mails what the experiments of the week came to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import boto3
import msgspec
from aws_lambda_powertools.logging import Logger

from kindred.experiments.analysis import analyse
from kindred.experiments.definitions import Definitions
from kindred.reporting.experiment_report import experiment_report, reported
from kindred_aws.daily_metrics_table import DailyMetricsTable
from kindred_aws.definition_store import SOURCE, DefinitionStore
from kindred_aws.experiment_counters import ExperimentCounters
from kindred_aws.shift_table import ShiftTable
from operations_functions.report_settings import settings, today, topic

_WEEK = timedelta(days=7)

logger = Logger()


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    last = today(event) - timedelta(days=1)
    now = datetime.combine(today(event), time(), UTC)
    dynamodb = boto3.client("dynamodb")
    record = ShiftTable(
        dynamodb,
        table_name=os.environ["EXPERIMENTS_TABLE"],
        experiment_id=os.environ["EMBEDDING_EXPERIMENT_ID"],
    ).load()
    days = DailyMetricsTable(
        dynamodb,
        table_name=os.environ["METRICS_TABLE"],
        experiment_id=record.experiment.experiment_id
        if record
        else os.environ["EMBEDDING_EXPERIMENT_ID"],
    ).rows(since=today(event) - _WEEK, until=last)
    counters = ExperimentCounters(dynamodb, table_name=os.environ["DYNAMODB_TABLE_NAME"])
    analyses = [
        analyse(each, counters.read(each.key), now=now)
        for each in reported(_definitions(), now=now)
    ]
    report = experiment_report(
        settings().environment, day=last, record=record, days=days, analyses=analyses
    )
    topic().send(report)
    logger.info("experiments reported", day=last.isoformat(), experiments=len(analyses))
    return {"day": last.isoformat(), "experiments": [each.experiment.key for each in analyses]}


def _definitions() -> Definitions:
    """As the experiments service leaves them; none where nothing was ever defined."""
    store = DefinitionStore(boto3.client("s3"), os.environ["DEFINITIONS_BUCKET"], key=SOURCE)
    fetched = store.fetch(None)
    if fetched is None:
        return Definitions(revision=0)
    return msgspec.convert(fetched.payload["definitions"], type=Definitions)
