"""What the reports are told by their environment and event, and the adapters made of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import boto3

from kindred.moments import moment
from kindred_aws.cost_explorer import CostExplorer
from kindred_aws.daily_figures import AlarmHistory, DailyFigures
from kindred_aws.report_topic import ReportTopic


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """`namespace` is that of the services' metrics, `stage` begins the names of the stacks."""

    environment: str
    namespace: str
    stage: str
    topic_arn: str
    costs_are_known: bool


@cache
def settings() -> ReportSettings:
    """Raises KeyError for what is missing."""
    return ReportSettings(
        environment=os.environ["ENVIRONMENT"],
        namespace=os.environ["METRICS_NAMESPACE"],
        stage=os.environ["STAGE"],
        topic_arn=os.environ["REPORT_TOPIC_ARN"],
        costs_are_known=os.environ["COSTS_ARE_KNOWN"] == "true",
    )


@cache
def figures() -> DailyFigures:
    return DailyFigures(
        boto3.client("cloudwatch"),
        namespace=settings().namespace,
        environment=settings().environment,
    )


@cache
def alarm_history() -> AlarmHistory:
    return AlarmHistory(boto3.client("cloudwatch"), stage=settings().stage)


@cache
def costs() -> CostExplorer:
    """It answers in one region, for all."""
    client = boto3.client("ce", region_name="us-east-1")
    return CostExplorer(client, environment=settings().environment)


@cache
def topic() -> ReportTopic:
    return ReportTopic(boto3.client("sns"), topic_arn=settings().topic_arn)


def today(event: Mapping[str, Any]) -> date:
    """Of the run, which a retry keeps: EventBridge Scheduler's time, as its input."""
    return moment("scheduled_at", event.get("scheduled_at")).date()
