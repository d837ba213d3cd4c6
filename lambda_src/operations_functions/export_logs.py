"""Starts the next export of a day of logs to S3; every run one, as many as AWS allows at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.logging import Logger

from kindred.log_export import next_export
from kindred_aws.log_exports import AnotherExportRuns, LogExports
from operations_functions.report_settings import today

logger = Logger()


@cache
def exports() -> LogExports:
    return LogExports(boto3.client("logs"), bucket=os.environ["LOGS_BUCKET"])


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    export = next_export(
        exports().groups(os.environ["STAGE"]),
        exports().tasks(),
        today=today(event),
        after_days=int(os.environ["EXPORT_AFTER_DAYS"]),
    )
    if export is None:
        return {"started": None}
    try:
        task_id = exports().start(export)
    except AnotherExportRuns:
        return {"started": None}
    logger.info("export started", group=export.group, day=export.day.isoformat(), task=task_id)
    return {"started": export.name}
