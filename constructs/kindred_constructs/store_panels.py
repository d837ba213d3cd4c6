"""Panels of what holds data: tables, the database, the cache."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb

from kindred_constructs.cache_alarms import MEMORY_PERCENT, node_metrics
from kindred_constructs.dashboard_panels import Panel, lines
from kindred_constructs.relational_database import RelationalDatabase
from kindred_constructs.table_alarms import metric_throttled
from kindred_constructs.valkey_cache import ValkeyCache


def tables_panel(tables: Mapping[str, dynamodb.ITableV2]) -> Panel:
    def of_each(name: str) -> list[cloudwatch.IMetric]:
        period = cdk.Duration.minutes(1)
        return [
            table.metric(name, statistic="Sum", period=period, label=title)
            for title, table in tables.items()
        ]

    return Panel(
        title="Tables",
        says="Throttled reads and writes are tried again: slower first, failing later.",
        widgets=(
            lines("Read units consumed", of_each("ConsumedReadCapacityUnits"), unit="a minute"),
            lines("Write units consumed", of_each("ConsumedWriteCapacityUnits"), unit="a minute"),
            lines(
                "Throttled",
                [metric_throttled(title, table) for title, table in tables.items()],
                unit="a minute",
            ),
        ),
    )


def database_panel(database: RelationalDatabase) -> Panel:
    def of(*names: str, statistic: str = "Average") -> list[cloudwatch.IMetric]:
        return [database.metric(name, statistic) for name in names]

    return Panel(
        title="Database",
        says="I/O operations are of five minutes. Capacity near its upper bound comes before CPU.",
        widgets=(
            lines("CPU", of("CPUUtilization"), unit="%", width=6),
            lines("Capacity", of("ServerlessDatabaseCapacity"), unit="ACU", width=6),
            lines(
                "I/O operations", of("VolumeReadIOPs", "VolumeWriteIOPs"), unit="in 5 min", width=6
            ),
            lines(
                "Connections and lag of readers",
                [
                    *of("DatabaseConnections", statistic="Maximum"),
                    *of("AuroraReplicaLagMaximum", statistic="Maximum"),
                ],
                unit="connections, ms",
                width=6,
            ),
        ),
    )


def cache_panel(cache: ValkeyCache) -> Panel:
    return Panel(
        title="Cache",
        says=f"Above {MEMORY_PERCENT} % of memory evictions are near.",
        widgets=(
            lines(
                "CPU: engine, node",
                [
                    *node_metrics(cache, "EngineCPUUtilization", "Average"),
                    *node_metrics(cache, "CPUUtilization", "Average"),
                ],
                unit="%",
                width=6,
            ),
            lines(
                "Memory",
                node_metrics(cache, "DatabaseMemoryUsagePercentage", "Maximum"),
                unit="%",
                width=6,
            ),
            lines("Evictions", node_metrics(cache, "Evictions", "Sum"), unit="in 5 min", width=6),
            lines(
                "Connections", node_metrics(cache, "CurrConnections", "Average"), unit="", width=6
            ),
        ),
    )
