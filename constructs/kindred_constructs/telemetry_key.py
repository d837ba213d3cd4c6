"""The key that encrypts an environment's log groups, alarm topics and undelivered notices."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class TelemetryKey(kms.Key):
    """CloudWatch and SNS may use it for this account's log groups, alarms and topics."""

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
        self._allow(
            "cloudwatch.amazonaws.com", {"StringEquals": {"aws:SourceAccount": stack.account}}
        )
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
