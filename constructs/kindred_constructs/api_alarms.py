"""Alarms on what clients get: errors, slow answers, silence, and traffic that is not as usual."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.operator_alarm import (
    AnyOperatorAlarm,
    OperatorAlarm,
    OperatorAnomalyAlarm,
    Severity,
)

_PERIOD_MINUTES = 5
_PERIOD = cdk.Duration.minutes(_PERIOD_MINUTES)
# In a period with fewer requests one alone would be 5 % and more.
_FEWEST_REQUESTS = 20


class ApiAlarms(Construct):
    """`silence_minutes` without a request are critical where requests come at all times."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: apigateway.Stage,
        silence_minutes: int | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.alarms: tuple[AnyOperatorAlarm, ...] = (
            self._errors("Errors", 5, minutes=5, severity=Severity.CRITICAL),
            self._errors("SomeErrors", 2, minutes=10, severity=Severity.WARNING),
            self._latency("Latency", 500, minutes=10, severity=Severity.CRITICAL),
            self._latency("SomeLatency", 300, minutes=15, severity=Severity.WARNING),
            self._unusual_traffic(),
            *([self._silence(silence_minutes)] if silence_minutes else []),
        )

    def _errors(
        self, construct_id: str, percent: float, *, minutes: int, severity: Severity
    ) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            construct_id,
            happened=f"More than {percent:g} % of requests were answered 5xx for {minutes} minutes",
            runbook="service-errors",
            severity=severity,
            metric=self._where_enough(
                "100*errors/requests", errors=self._stage.metric_server_error(statistic="Sum")
            ),
            threshold=percent,
            evaluation_periods=minutes // _PERIOD_MINUTES,
        )

    def _latency(
        self, construct_id: str, above_ms: float, *, minutes: int, severity: Severity
    ) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            construct_id,
            happened=f"p99 of answers was above {above_ms:g} ms for {minutes} minutes",
            runbook="service-latency",
            severity=severity,
            metric=self._where_enough(
                "latency", latency=self._stage.metric_latency(statistic="p99")
            ),
            threshold=above_ms,
            evaluation_periods=minutes // _PERIOD_MINUTES,
        )

    def _where_enough(
        self, expression: str, **metrics: cloudwatch.Metric
    ) -> cloudwatch.MathExpression:
        return cloudwatch.MathExpression(
            expression=f"IF(requests>={_FEWEST_REQUESTS},{expression},0)",
            period=_PERIOD,
            using_metrics={"requests": self._stage.metric_count(statistic="Sum"), **metrics},
        )

    def _silence(self, minutes: int) -> OperatorAlarm:
        """API Gateway counts nothing where nothing came, so missing data is the silence."""
        return OperatorAlarm(
            self,
            "Silence",
            happened=f"No request came for {minutes} minutes",
            runbook="no-traffic",
            severity=Severity.CRITICAL,
            metric=self._stage.metric_count(statistic="Sum", period=cdk.Duration.minutes(1)),
            threshold=1,
            evaluation_periods=minutes,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def _unusual_traffic(self) -> OperatorAnomalyAlarm:
        return OperatorAnomalyAlarm(
            self,
            "UnusualTraffic",
            happened="For 15 minutes there were more or fewer requests than at other such times",
            runbook="unusual-traffic",
            severity=Severity.WARNING,
            metric=self._stage.metric_count(statistic="Sum", period=_PERIOD),
            deviations=3,
            evaluation_periods=3,
        )
