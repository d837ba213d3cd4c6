"""What the daily functions are told by their environment and event, and the adapters made of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import boto3

from kindred.experiments.embedding_experiment import EmbeddingExperiment, control_only
from kindred.moments import moment
from kindred_aws.daily_metrics_table import DailyMetricsTable
from kindred_aws.experiment_table import ExperimentTable
from kindred_aws.shift_table import ShiftTable
from kindred_aws.winner_topic import WinnerTopic


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSettings:
    experiments_table: str
    metrics_table: str
    embedding_experiment_id: str


@cache
def settings() -> DecisionSettings:
    """Raises KeyError for what is missing."""
    return DecisionSettings(
        experiments_table=os.environ["EXPERIMENTS_TABLE"],
        metrics_table=os.environ["METRICS_TABLE"],
        embedding_experiment_id=os.environ["EMBEDDING_EXPERIMENT_ID"],
    )


@cache
def daily_metrics(experiment_id: str) -> DailyMetricsTable:
    return DailyMetricsTable(
        boto3.client("dynamodb"),
        table_name=settings().metrics_table,
        experiment_id=experiment_id,
    )


def experiment() -> EmbeddingExperiment:
    """The one that holds now. Raises InvalidExperiment."""
    first_id = settings().embedding_experiment_id
    table = ExperimentTable(boto3.client("dynamodb"), table_name=settings().experiments_table)
    return table.embedding_experiment(first_id) or control_only(first_id)


@cache
def shifts() -> ShiftTable:
    return ShiftTable(
        boto3.client("dynamodb"),
        table_name=settings().experiments_table,
        experiment_id=settings().embedding_experiment_id,
    )


@cache
def winner_topic() -> WinnerTopic:
    return WinnerTopic(boto3.client("sns"), topic_arn=os.environ["WINNER_TOPIC_ARN"])


def scheduled_at(event: Mapping[str, Any]) -> datetime:
    """When the run was due, which a retry keeps: EventBridge Scheduler's time, as its input."""
    return moment("scheduled_at", event.get("scheduled_at"))
