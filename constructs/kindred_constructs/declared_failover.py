"""An alarm that people set: the second region serves for as long as it is on.

Route 53 reads it from the second region, and a metric is written through that region's data plane,
so that declaring a failover takes nothing of the region that is lost.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.operator_alarm import OperatorAlarm, Severity

NAMESPACE, METRIC, DIMENSION = "Kindred/Recovery", "FailoverDeclared", "environment"


class DeclaredFailover(OperatorAlarm):
    """One declares, nought withdraws; between the two it stays as it is."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: str) -> None:
        super().__init__(
            scope,
            construct_id,
            happened="The second region is declared to serve",
            runbook="failover",
            severity=Severity.CRITICAL,
            metric=cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name=METRIC,
                dimensions_map={DIMENSION: environment},
                statistic="Maximum",
                period=cdk.Duration.minutes(1),
            ),
            threshold=0,
            missing=cloudwatch.TreatMissingData.IGNORE,
        )

    @property
    def name_elsewhere(self) -> str:
        """As a stack of the other region reads it."""
        resource = self.node.default_child
        assert isinstance(resource, cloudwatch.CfnAlarm)
        return resource.ref
