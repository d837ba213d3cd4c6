"""What /inference measures, by CloudWatch's embedded metric format."""

from __future__ import annotations

import os

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

ENDPOINT, VARIANT = "EndpointName", "VariantName"
LATENCY, FAILURES = "InferenceLatency", "InferenceFailures"


def emit_latency(variant: str, milliseconds: float) -> None:
    """For the judge, which asks by both dimensions, and for the endpoint's alarm, by one."""
    metrics = _metrics()
    metrics.add_dimension(ENDPOINT, os.environ["ENDPOINT_NAME"])
    metrics.add_dimension(VARIANT, variant)
    metrics.add_dimensions(**{ENDPOINT: os.environ["ENDPOINT_NAME"]})
    metrics.add_metric(LATENCY, MetricUnit.Milliseconds, milliseconds)
    metrics.flush_metrics()


def emit_outcome(*, failed: bool) -> None:
    """1 or 0 for a request, so that their average is the share of failures."""
    metrics = _metrics()
    metrics.add_dimension(ENDPOINT, os.environ["ENDPOINT_NAME"])
    metrics.add_metric(FAILURES, MetricUnit.Count, int(failed))
    metrics.flush_metrics()


def _metrics() -> AmazonCloudWatchEMFProvider:
    # Another dimension, as Powertools adds for a named service, would make it another metric.
    return AmazonCloudWatchEMFProvider(namespace=os.environ["METRICS_NAMESPACE"], service="")
