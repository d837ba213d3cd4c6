"""The alarm of a distribution whose visitors get errors, whoever makes them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from kindred_constructs.api_distribution import ApiDistribution
from kindred_constructs.console_site import ConsoleSite
from kindred_constructs.operator_alarm import OperatorAlarm, Severity

# Percent of answers; of fewer requests in five minutes a share says nothing.
MANY_ERRORS, FEW_REQUESTS = 5, 20


def edge_alarm(site: ApiDistribution | ConsoleSite) -> OperatorAlarm:
    """Beside those of the APIs, which do not see what CloudFront fails to bring to them."""
    period = cdk.Duration.minutes(5)
    distribution = site.distribution
    # The L2 leaves out the second, without which there is no such metric (aws/aws-cdk#19245).
    known: dict[str, Any] = {
        "dimensions_map": {"DistributionId": distribution.distribution_id, "Region": "Global"},
        "period": period,
    }
    return OperatorAlarm(
        site,
        "Errors",
        happened=f"Visitors of {site.node.id} at the edge get errors of the platform (5xx)",
        runbook="edge-errors",
        severity=Severity.CRITICAL,
        metric=cloudwatch.MathExpression(
            expression=f"IF(requests >= {FEW_REQUESTS}, errors, 0)",
            using_metrics={
                "requests": distribution.metric_requests(**known, statistic="Sum"),
                "errors": distribution.metric5xx_error_rate(**known, statistic="Average"),
            },
            label="Answers that are errors, percent",
            period=period,
        ),
        threshold=MANY_ERRORS,
        evaluation_periods=3,
        datapoints_to_alarm=2,
    )
