"""What our own code measures, as CloudWatch knows it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from kindred_constructs.python_function import NAMESPACE, functions_namespace

# Of several arms side by side: whichever were asked, those of later models too.
BY_ARM = "{" + NAMESPACE + ",arm,environment,service}"


def measured(
    name: str,
    *,
    service: str,
    environment: str,
    statistic: str,
    minutes: int,
) -> cloudwatch.Metric:
    """By one of the services, once a minute and task."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"environment": environment, "service": service},
        statistic=statistic,
        period=cdk.Duration.minutes(minutes),
    )


def measured_by_arm(
    name: str, *, service: str, environment: str, statistic: str, minutes: int
) -> cloudwatch.SearchExpression:
    """A line for each arm that was measured; which there are, no template knows."""
    wanted = f'MetricName="{name}" environment="{environment}" service="{service}"'
    return cloudwatch.SearchExpression(
        expression=f"SEARCH('{BY_ARM} {wanted}', '{statistic}', {minutes * 60})",
        label="${PROP('Dim.arm')}",
        period=cdk.Duration.minutes(minutes),
    )


def cost_of_requests(environment: str) -> cloudwatch.IMetric:
    """US dollars a million requests, of two days ago, by the function that sums a day up."""
    [cost] = counted(
        "cost_per_million_requests",
        environment=environment,
        handler="summarize_day",
        statistic="Average",
        minutes=24 * 60,
    )
    return cost


def counted(
    *names: str, environment: str, handler: str, statistic: str = "Sum", minutes: int = 5
) -> list[cloudwatch.IMetric]:
    """By one of the functions, whose namespace is its environment's own."""
    return [
        cloudwatch.Metric(
            namespace=functions_namespace(environment),
            metric_name=name,
            dimensions_map={"service": handler},
            statistic=statistic,
            period=cdk.Duration.minutes(minutes),
            label=f"{name} ({handler})",
        )
        for name in names
    ]
