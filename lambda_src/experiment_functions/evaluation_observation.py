"""What an evaluating function says of a call: metrics, and a line where something is amiss."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from experiment_functions.current_snapshot import CurrentSnapshot


@cache
def logger() -> Logger:
    return Logger()


@cache
def _metrics() -> Metrics:
    return Metrics()


def emit(counts: Mapping[str, int], current: CurrentSnapshot) -> None:
    """In CloudWatch's embedded metric format; a refresh that failed is counted and logged."""
    metrics = _metrics()
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    if current.problem is not None:
        metrics.add_metric("RefreshFailures", MetricUnit.Count, 1)
        logger().warning("definitions not refreshed", reason=current.problem)
    metrics.flush_metrics()
