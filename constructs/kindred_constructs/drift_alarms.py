"""Alarms over drift: what is asked has changed, or what is predicted no longer comes true."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.operator_alarm import OperatorAlarm, Severity

# Shares: of queries that moved to other categories or regions in a week, and of a growth in error.
FEATURE_SHIFT, ERROR_GROWTH = 0.2, 0.5


class DriftAlarms(Construct):
    """Over what `service` finds once a day: between two runs an alarm stays as it is."""

    def __init__(
        self, scope: Construct, construct_id: str, *, namespace: str, service: str
    ) -> None:
        super().__init__(scope, construct_id)
        self._namespace = namespace
        self._service = service
        self.features = self._alarm(
            "Features",
            "FeatureDriftShift",
            FEATURE_SHIFT,
            f"What is asked for differs by more than {100 * FEATURE_SHIFT:g} % from the reference",
        )
        self.predictions = self._alarm(
            "Predictions",
            "PredictionMaeGrowth",
            ERROR_GROWTH,
            f"Predicted click rates are off by more than {100 * ERROR_GROWTH:g} % more than they "
            "were",
        )

    def _alarm(self, construct_id: str, metric: str, above: float, happened: str) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            construct_id,
            happened=happened,
            runbook="drift",
            severity=Severity.WARNING,
            metric=cloudwatch.Metric(
                namespace=self._namespace,
                metric_name=metric,
                dimensions_map={"service": self._service},
                statistic="Maximum",
                period=cdk.Duration.hours(1),
            ),
            threshold=above,
            # No news for a day must not look like an end of the drift: each alarm is one episode.
            missing=cloudwatch.TreatMissingData.IGNORE,
        )
