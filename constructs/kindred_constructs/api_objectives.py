"""What an API promises its callers, in API Gateway's own measures."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch

from kindred_constructs.service_level_objective import ServiceLevelObjective


def availability(stage: apigateway.Stage, *, percent: float) -> ServiceLevelObjective:
    """Of requests, those that were not answered 5xx."""
    return ServiceLevelObjective(
        name="availability",
        good_percent=percent,
        bad="errors",
        metrics=lambda period: {
            "errors": stage.metric_server_error(statistic="Sum", period=period),
            "requests": stage.metric_count(statistic="Sum", period=period),
        },
    )


def latency(stage: apigateway.Stage, *, percent: float, within_ms: int) -> ServiceLevelObjective:
    """Of requests, those that were answered in time."""
    in_time = cloudwatch.Stats.percentile_rank(0, within_ms)
    return ServiceLevelObjective(
        name="latency",
        good_percent=percent,
        bad="requests*(100-inTime)/100",
        metrics=lambda period: {
            "inTime": stage.metric_latency(statistic=in_time, period=period),
            "requests": stage.metric_count(statistic="Sum", period=period),
        },
    )
