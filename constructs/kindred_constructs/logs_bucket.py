"""The bucket that AWS services deliver logs to, and export them to."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

# Below it lie the exports of log groups.
EXPORTS = "logs/"


class LogsBucket(s3.Bucket):
    """Kept for ever, in Deep Archive from `archive_after` on."""

    def __init__(
        self, scope: Construct, construct_id: str, *, archive_after: cdk.Duration, **kwargs: Any
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            # Load balancers and S3 deliver logs only to buckets under S3's own keys.
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.DEEP_ARCHIVE,
                            transition_after=archive_after,
                        )
                    ],
                    noncurrent_version_expiration=cdk.Duration.days(30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
            **kwargs,
        )
        self._admit_exports()

    def _admit_exports(self) -> None:
        """CloudWatch looks at the bucket's owner, and writes what a log group of ours holds."""
        stack = cdk.Stack.of(self)
        log_groups = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name="*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        for action, resource in (
            ("s3:GetBucketAcl", self.bucket_arn),
            ("s3:PutObject", self.arn_for_objects(f"{EXPORTS}*")),
        ):
            self.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                    actions=[action],
                    resources=[resource],
                    conditions={
                        "StringEquals": {"aws:SourceAccount": stack.account},
                        "ArnLike": {"aws:SourceArn": log_groups},
                    },
                )
            )
