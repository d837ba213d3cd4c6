"""Panels of models: what the endpoint answers, how rollouts go, and what drifts."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from kindred_constructs.dashboard_panels import Panel, lines, numbers
from kindred_constructs.drift_alarms import ERROR_GROWTH, FEATURE_SHIFT
from kindred_constructs.measured import counted
from kindred_constructs.python_function import NAMESPACE

DAY_MINUTES = 24 * 60


def model_panel(endpoint: str) -> Panel:
    def by_variant(namespace: str, name: str, statistic: str) -> cloudwatch.SearchExpression:
        wanted = f'MetricName="{name}" EndpointName="{endpoint}"'
        schema = "{" + namespace + ",EndpointName,VariantName}"
        return cloudwatch.SearchExpression(
            expression=f"SEARCH('{schema} {wanted}', '{statistic}', 60)",
            label="${PROP('Dim.VariantName')}",
            period=cdk.Duration.minutes(1),
        )

    failures = cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name="InferenceFailures",
        dimensions_map={"EndpointName": endpoint},
        statistic="Average",
        period=cdk.Duration.minutes(1),
    )
    return Panel(
        title="Model",
        says="By variant: while a rollout is under way there are two.",
        widgets=(
            lines("Latency, p99", [by_variant(NAMESPACE, "InferenceLatency", "p99")], unit="ms"),
            lines("Share of failures", [failures], unit="share"),
            lines(
                "Invocations", [by_variant("AWS/SageMaker", "Invocations", "Sum")], unit="a minute"
            ),
        ),
    )


def rollouts_panel(environment: str) -> Panel:
    return Panel(
        title="Rollouts",
        says="One that is unfinished for days waits for somebody.",
        widgets=(
            lines(
                "Unfinished",
                counted(
                    "DeploymentsUnfinished",
                    environment=environment,
                    handler="reconcile",
                    statistic="Maximum",
                ),
                unit="",
                width=12,
            ),
            lines(
                "Steps that failed and come again",
                counted("ReconcileErrors", environment=environment, handler="reconcile"),
                unit="in 5 min",
                width=12,
            ),
        ),
    )


def drift_panel(environment: str) -> Panel:
    def daily(handler: str, *names: str, statistic: str) -> list[cloudwatch.IMetric]:
        return counted(
            *names,
            environment=environment,
            handler=handler,
            statistic=statistic,
            minutes=DAY_MINUTES,
        )

    drifted = ("FeatureDriftShift", "PredictionMaeGrowth", "PredictionMae")
    fed = ("FeaturesWritten", "FeaturesLeft")
    return Panel(
        title="Drift and retraining",
        says=f"Above {FEATURE_SHIFT} of queries or {ERROR_GROWTH} of growth somebody is told.",
        widgets=(
            lines("Drift", daily("detect_drift", *drifted, statistic="Maximum"), unit=""),
            lines("Features", daily("feed_features", *fed, statistic="Sum"), unit="a day"),
            numbers(
                "Retrainings started",
                daily("start_retraining", "RetrainingsStarted", statistic="Sum"),
            ),
        ),
    )
