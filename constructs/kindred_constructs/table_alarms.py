"""Alarms on tables: reads and writes that DynamoDB refuses because there are too many."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from kindred_constructs.operator_alarm import OperatorAlarm, Severity

THROTTLED_A_MINUTE = 100


class TableAlarms(Construct):
    """One a table, by the names that `tables` gives them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, tables: Mapping[str, dynamodb.ITableV2]
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms = tuple(self._throttled(name, table) for name, table in tables.items())

    def _throttled(self, name: str, table: dynamodb.ITableV2) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            name,
            happened=f"More than {THROTTLED_A_MINUTE} reads and writes of table {name} were "
            "throttled in a minute",
            runbook="tables-throttled",
            severity=Severity.CRITICAL,
            metric=metric_throttled(name, table),
            threshold=THROTTLED_A_MINUTE,
        )


def metric_throttled(name: str, table: dynamodb.ITableV2) -> cloudwatch.MathExpression:
    # Of several tables in one graph each has ids of its own.
    reads, writes = f"reads{name}", f"writes{name}"
    return cloudwatch.MathExpression(
        expression=f"SUM([FILL({reads},0),FILL({writes},0)])",
        label=name,
        period=cdk.Duration.minutes(1),
        using_metrics={
            reads: table.metric("ReadThrottleEvents", statistic="Sum"),
            writes: table.metric("WriteThrottleEvents", statistic="Sum"),
        },
    )
