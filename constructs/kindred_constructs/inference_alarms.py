"""Alarms over what an endpoint answers, by which SageMaker takes an update of it back."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.operator_alarm import OperatorAlarm, Severity

# A share of the requests that the model is asked.
FAILURES_ABOVE = 0.01
# CloudWatch's; a laptop's minute is shorter.
_SHORTEST_PERIOD_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """`endpoint` is SageMaker's name; a check looks at one minute of a rollout."""

    namespace: str
    endpoint: str
    minute_seconds: int
    p99_latency_ms: float


class InferenceAlarms(Construct):
    """Over the metrics of /inference, whose failures are no errors of its function."""

    def __init__(self, scope: Construct, construct_id: str, *, watch: Watch) -> None:
        super().__init__(scope, construct_id)
        self._watch = watch
        latency_ms = watch.p99_latency_ms
        self.alarms = (
            # Each request is a 1 or a 0.
            self._alarm(
                *("Failures", "InferenceFailures", "Average", FAILURES_ABOVE),
                f"More than {FAILURES_ABOVE:.0%} of requests got no answer of the model",
            ),
            self._alarm(
                *("Latency", "InferenceLatency", "p99", latency_ms),
                f"p99 of the model's answers above {latency_ms:g} ms",
            ),
        )

    def _alarm(
        self, construct_id: str, metric: str, statistic: str, above: float, happened: str
    ) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            construct_id,
            happened=f"{happened}: an update under way goes back, and none begins",
            runbook="model-answers",
            severity=Severity.CRITICAL,
            metric=cloudwatch.Metric(
                namespace=self._watch.namespace,
                metric_name=metric,
                dimensions_map={"EndpointName": self._watch.endpoint},
                statistic=statistic,
                period=cdk.Duration.seconds(
                    max(self._watch.minute_seconds, _SHORTEST_PERIOD_SECONDS)
                ),
            ),
            threshold=above,
            evaluation_periods=5,
            datapoints_to_alarm=3,
        )
