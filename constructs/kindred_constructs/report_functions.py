"""Reports by mail: yesterday in figures, the week's experiments, and the month's costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.announcement_topic import AnnouncementTopic
from kindred_constructs.counter_tables import CounterTables
from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.definitions_bucket import DefinitionsBucket
from kindred_constructs.experiment_tables import EMBEDDING_EXPERIMENT_ID, ExperimentTables
from kindred_constructs.function_asset import FunctionAsset
from kindred_constructs.function_schedule import FunctionSchedule, daily, monthly, weekly
from kindred_constructs.grants import allow
from kindred_constructs.python_function import NAMESPACE, PythonFunction
from kindred_constructs.stage_name import stage_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """`at` is the time of day in UTC; `weekly_on` as in `MON`."""

    at: str
    weekly_on: str
    monthly_on_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """US dollars a month, of the whole and of services by the names of Cost Explorer."""

    monthly_usd: float
    services: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSources:
    tables: ExperimentTables
    counters: CounterTables
    definitions: DefinitionsBucket


class ReportFunctions(Construct):
    """Without `limits` nobody asks what anything costs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        asset: FunctionAsset,
        topic: AnnouncementTopic,
        sources: ReportSources,
        calendar: Calendar,
        limits: Limits | None,
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, construct_id)
        self._asset = asset
        self._topic = topic
        self._dead_letters = dead_letters
        self._limits = limits
        summarize = self._function("SummarizeDay", daily(calendar.at), {})
        # CloudWatch's figures have no resource of their own, and it tells the history of composite
        # alarms to those alone who may read that of every alarm.
        figures = ("cloudwatch:DescribeAlarmHistory", "cloudwatch:GetMetricData")
        allow(summarize.role, ["*"], *figures)
        self._add_experiments(sources, weekly(calendar.weekly_on, calendar.at))
        if limits:
            _allow_costs(summarize)
            self._add_costs(limits, monthly(calendar.monthly_on_day, calendar.at))

    def _add_experiments(self, sources: ReportSources, expression: str) -> None:
        function = self._function(
            "ReportExperiments",
            expression,
            {
                "EXPERIMENTS_TABLE": sources.tables.experiments.table_name,
                "METRICS_TABLE": sources.tables.metrics.table_name,
                "EMBEDDING_EXPERIMENT_ID": EMBEDDING_EXPERIMENT_ID,
                "DYNAMODB_TABLE_NAME": sources.counters.counters.table_name,
                "DEFINITIONS_BUCKET": sources.definitions.bucket_name,
            },
        )
        sources.tables.grant_report(function.role)
        sources.counters.grant_read_counters(function.role)
        sources.definitions.grant_read_source(function.role)

    def _add_costs(self, limits: Limits, expression: str) -> None:
        function = self._function(
            "ReportCosts",
            expression,
            {
                "BUDGET_USD": f"{limits.monthly_usd:g}",
                "SERVICE_BUDGETS_USD": json.dumps(dict(limits.services), sort_keys=True),
            },
        )
        allow(function.role, ["*"], "cloudwatch:GetMetricData")
        _allow_costs(function)

    def _function(
        self, name: str, expression: str, environment: Mapping[str, str]
    ) -> PythonFunction:
        function = self._asset.function(
            self,
            name,
            timeout_seconds=300,
            memory_mib=1024,
            environment={
                "METRICS_NAMESPACE": NAMESPACE,
                "STAGE": stage_name(self),
                "REPORT_TOPIC_ARN": self._topic.topic_arn,
                "COSTS_ARE_KNOWN": "true" if self._limits else "false",
                **environment,
            },
        )
        self._topic.grant_announce(function.role)
        FunctionSchedule(
            self,
            f"{name}Schedule",
            function=function,
            expression=expression,
            dead_letters=self._dead_letters,
            key=self._topic.key,
        )
        cdk.CfnOutput(
            cdk.Stack.of(self), f"{name}FunctionName", value=function.function.function_name
        )
        return function


def _allow_costs(function: PythonFunction) -> None:
    """Its only resource is a billing view, and none is asked for."""
    allow(function.role, ["*"], "ce:GetCostAndUsage")
