"""The platform on a page: what was promised, what clients get, and what holds it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from kindred_constructs.dashboard_panels import (
    Panel,
    PanelDashboard,
    alarm_states,
    lines,
    numbers,
)
from kindred_constructs.python_function import PythonFunction
from kindred_constructs.relational_database import RelationalDatabase
from kindred_constructs.service_level_objective import ServiceLevelObjective
from kindred_constructs.store_panels import cache_panel, database_panel, tables_panel
from kindred_constructs.valkey_cache import ValkeyCache

_MINUTE = cdk.Duration.minutes(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformParts:
    """What it stands on; `functions` and `tables` by the names that people know."""

    stage: apigateway.Stage
    tables: Mapping[str, dynamodb.ITableV2]
    database: RelationalDatabase
    cache: ValkeyCache
    stream: kinesis.IStream
    functions: Mapping[str, PythonFunction]


class PlatformDashboard(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        parts: PlatformParts,
        objectives: Sequence[ServiceLevelObjective],
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, construct_id)
        PanelDashboard(
            self,
            "Resource",
            subject="Platform",
            panels=(
                _objectives(objectives, alarms),
                _api(parts.stage),
                tables_panel(parts.tables),
                database_panel(parts.database),
                cache_panel(parts.cache),
                _stream(parts.stream),
                _functions(parts.functions),
            ),
        )


def _objectives(
    objectives: Sequence[ServiceLevelObjective], alarms: Sequence[cloudwatch.IAlarm]
) -> Panel:
    day, hour = cdk.Duration.days(1), cdk.Duration.hours(1)
    return Panel(
        title="Objectives",
        says="A burn rate of 1 uses the budget of 30 days up in 30 days.",
        widgets=(
            numbers("Attained today (%)", [each.attained_percent(day) for each in objectives]),
            lines(
                "Attained by hour", [each.attained_percent(hour) for each in objectives], unit="%"
            ),
            lines(
                "Burn rate by hour",
                [each.burn_rate(hour, fewest=1) for each in objectives],
                unit="times",
            ),
            alarm_states("Alarms on clients, services and stores", alarms),
        ),
    )


def _api(stage: apigateway.Stage) -> Panel:
    latency = [
        stage.metric_latency(statistic=statistic, period=_MINUTE, label=statistic)
        for statistic in ("Average", "p50", "p95", "p99", "Maximum")
    ]
    return Panel(
        title="What clients get",
        says="Latency without integration latency is API Gateway's own.",
        widgets=(
            lines(
                "Requests", [stage.metric_count(statistic="Sum", period=_MINUTE)], unit="a minute"
            ),
            lines(
                "Errors",
                [
                    stage.metric_client_error(statistic="Sum", period=_MINUTE),
                    stage.metric_server_error(statistic="Sum", period=_MINUTE),
                ],
                unit="a minute",
                stacked=True,
            ),
            lines(
                "Latency",
                [
                    *latency,
                    stage.metric_integration_latency(
                        statistic="p99", period=_MINUTE, label="integration p99"
                    ),
                ],
                unit="ms",
            ),
        ),
    )


def _stream(stream: kinesis.IStream) -> Panel:
    return Panel(
        title="Events",
        says="Nothing is lost while events wait: the stream keeps them for a week.",
        widgets=(
            lines("Events in", [stream.metric_incoming_records(statistic="Sum")], unit="in 5 min"),
            lines(
                "Oldest event that is read",
                [stream.metric_get_records_iterator_age_milliseconds(statistic="Maximum")],
                unit="ms",
            ),
            lines(
                "Refused for lack of shards",
                [stream.metric_write_provisioned_throughput_exceeded(statistic="Sum")],
                unit="in 5 min",
            ),
        ),
    )


def _functions(functions: Mapping[str, PythonFunction]) -> Panel:
    def of_each(name: str, statistic: str) -> list[cloudwatch.IMetric]:
        return [
            each.function.metric(name, statistic=statistic, label=title)
            for title, each in functions.items()
        ]

    return Panel(
        title="Functions",
        says="Throttled functions are tried again by who calls them, but for callers who wait.",
        widgets=(
            lines("Errors", of_each("Errors", "Sum"), unit="in 5 min"),
            lines("Throttled", of_each("Throttles", "Sum"), unit="in 5 min"),
            lines("Duration, p99", of_each("Duration", "p99"), unit="ms"),
        ),
    )
