"""What a consumer of the stream says of a batch: a line where something is amiss, and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit


@cache
def logger() -> Logger:
    return Logger()


@cache
def _metrics() -> Metrics:
    return Metrics()


def emit(counts: Mapping[str, int], *, oldest_age_ms: float) -> None:
    """In CloudWatch's embedded metric format, on standard output."""
    metrics = _metrics()
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.add_metric("OldestEventAge", MetricUnit.Milliseconds, oldest_age_ms)
    metrics.flush_metrics()
