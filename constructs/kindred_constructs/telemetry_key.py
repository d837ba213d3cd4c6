"""The key that encrypts an environment's log groups, alarm topics and undelivered notices."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

# AWS's own that write to alarm topics: alarms, budgets, and Cost Anomaly Detection.
PUBLISHERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com", "costalerts.amazonaws.com")


class TelemetryKey(kms.Key):
    """CloudWatch, SNS and what tells of costs may use it for this account's logs and topics."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, enable_key_rotation=True, **kwargs)
        stack = cdk.Stack.of(self)
        log_groups = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name="*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        self._allow(
            f"logs.{stack.region}.amazonaws.com",
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
        )
        for service in PUBLISHERS:
            self._allow(service, {"StringEquals": {"aws:SourceAccount": stack.account}})
        topics = stack.format_arn(service="sns", resource="*")
        self._allow("sns.amazonaws.com", {"ArnLike": {"aws:SourceArn": topics}})

    def _allow(self, service: str, conditions: dict[str, Any]) -> None:
        self.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=[
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey*",
                    "kms:ReEncrypt*",
                ],
                # In a key policy "*" is this key.
                resources=["*"],
                conditions=conditions,
            )
        )
