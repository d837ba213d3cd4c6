"""The second region's part that the first needs: keys, buckets to replicate to, and the vault."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.backup_vault import BackupVault
from kindred_constructs.bucket_replication import BucketReplica
from kindred_constructs.house_rules import removal_policy
from kindred_constructs.second_region import SecondRegion
from stacks.data_buckets import Replicas, data_buckets
from stacks.environment import Environment


class RecoveryStack(cdk.Stack):
    """Deployed before the first region's data, which replicates into it from its first day on."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, **kwargs: Any
    ) -> None:
        super().__init__(
            scope, construct_id, termination_protection=environment.production, **kwargs
        )
        kept = removal_policy(production=environment.production)
        key = kms.Key(
            self,
            "DataKey",
            description="Encrypts what is replicated and copied from the first region",
            enable_key_rotation=True,
            removal_policy=kept,
        )
        second = SecondRegion(region=self.region, key=key)
        buckets = data_buckets(self, environment=environment, key=key)
        self.replicas = Replicas(buckets=buckets, second=second)
        events = s3.Bucket(
            self,
            "EventsBucket",
            encryption_key=key,
            bucket_key_enabled=True,
            server_access_logs_bucket=buckets.logs,
            server_access_logs_prefix="s3/events/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(environment.retention.event_archive_days),
                    noncurrent_version_expiration=cdk.Duration.days(30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
        )
        self.events = BucketReplica(bucket=events, second=second)
        self.vault = BackupVault(
            self, "Vault", key=key, production=environment.production, removal_policy=kept
        )
        for name, value in {
            "EventsBucketName": events.bucket_name,
            "VaultName": self.vault.backup_vault_name,
        }.items():
            cdk.CfnOutput(self, name, value=value)
