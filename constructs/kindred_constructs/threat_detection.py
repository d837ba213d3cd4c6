"""GuardDuty: intruders, by what the account's calls, network and tasks look like."""

from __future__ import annotations

from aws_cdk import aws_guardduty as guardduty
from constructs import Construct

# What the platform is made of: buckets, a database, functions and Fargate tasks.
_FEATURES = ("S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS")


class ThreatDetection(Construct):
    """Tasks are watched by an agent that AWS puts beside them, and keeps up to date."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        feature = guardduty.CfnDetector.CFNFeatureConfigurationProperty
        agent = guardduty.CfnDetector.CFNFeatureAdditionalConfigurationProperty(
            name="ECS_FARGATE_AGENT_MANAGEMENT", status="ENABLED"
        )
        guardduty.CfnDetector(
            self,
            "Resource",
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            features=[
                *(feature(name=name, status="ENABLED") for name in _FEATURES),
                feature(
                    name="RUNTIME_MONITORING", status="ENABLED", additional_configuration=[agent]
                ),
            ],
        )
