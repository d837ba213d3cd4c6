"""Alarms on the cache: a shard whose memory is nearly used up."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.operator_alarm import OperatorAlarm, Severity
from kindred_constructs.valkey_cache import ValkeyCache

MEMORY_PERCENT = 80
_PERIOD = cdk.Duration.minutes(5)


class CacheAlarms(Construct):
    """One a shard, of the fuller of its nodes."""

    def __init__(self, scope: Construct, construct_id: str, *, cache: ValkeyCache) -> None:
        super().__init__(scope, construct_id)
        self.alarms = tuple(
            self._memory(f"Memory{at}", nodes) for at, nodes in enumerate(cache.shards, start=1)
        )

    def _memory(self, construct_id: str, nodes: tuple[str, ...]) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            construct_id,
            happened=f"A node of the cache has used more than {MEMORY_PERCENT} % of its memory "
            "for 15 minutes",
            runbook="cache-memory",
            severity=Severity.WARNING,
            metric=_fullest(nodes),
            threshold=MEMORY_PERCENT,
            evaluation_periods=3,
        )


def _node_metric(name: str, node: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/ElastiCache",
        metric_name=name,
        dimensions_map={"CacheClusterId": node},
        statistic=statistic,
        period=_PERIOD,
    )


def node_metrics(cache: ValkeyCache, name: str, statistic: str) -> list[cloudwatch.IMetric]:
    """Of every node of every shard."""
    return [_node_metric(name, node, statistic) for nodes in cache.shards for node in nodes]


def _fullest(nodes: tuple[str, ...]) -> cloudwatch.IMetric:
    metrics = [_node_metric("DatabaseMemoryUsagePercentage", node, "Maximum") for node in nodes]
    if len(metrics) == 1:
        return metrics[0]
    names = [f"node{at}" for at, _ in enumerate(metrics)]
    return cloudwatch.MathExpression(
        expression=f"MAX([{','.join(names)}])",
        label="memory of the fullest node (%)",
        period=_PERIOD,
        using_metrics=dict(zip(names, metrics, strict=True)),
    )
