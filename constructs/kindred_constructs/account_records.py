"""The bucket and the key of what is recorded about an account, for whoever has to ask later."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

# Kept as long as an auditor may ask.
KEPT_DAYS = 7 * 365


class AccountRecords(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        access_logs: s3.IBucket,
        archive_after: cdk.Duration,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="Encrypts what is recorded about the account",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        self.bucket = s3.Bucket(
            self,
            "Resource",
            encryption_key=self.key,
            bucket_key_enabled=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="s3/account/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.DEEP_ARCHIVE,
                            transition_after=archive_after,
                        )
                    ],
                    expiration=cdk.Duration.days(KEPT_DAYS),
                    noncurrent_version_expiration=cdk.Duration.days(30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
        )

    def let_write(self, service: str, *, source_arn: str) -> None:
        """`service` may write here, on behalf of what `source_arn` matches and of nothing else."""
        principals = [iam.ServicePrincipal(service)]
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=principals,
                actions=["kms:DescribeKey", "kms:GenerateDataKey*"],
                # In a key policy "*" is this key.
                resources=["*"],
                conditions={"ArnLike": {"aws:SourceArn": source_arn}},
            )
        )
        # The library lets the service in whoever it writes for.
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=principals,
                actions=["s3:GetBucketAcl", "s3:PutObject"],
                resources=[self.bucket.bucket_arn, self.bucket.arn_for_objects("*")],
                conditions={"ArnNotLike": {"aws:SourceArn": source_arn}},
            )
        )
