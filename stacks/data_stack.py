"""What must not be lost: buckets, tables, the cache, and the keys and secrets that guard them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.artefact_bucket import ArtefactBucket
from kindred_constructs.valkey_cache import ValkeyCache
from stacks.environment import Environment
from stacks.sizes import TableCapacity


class DataStack(cdk.Stack):
    stateful = True

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        vpc: ec2.IVpc,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self.key = kms.Key(
            self,
            "DataKey",
            description="Encrypts buckets, tables, the cache and secrets",
            enable_key_rotation=True,
            removal_policy=environment.removal_policy,
        )
        self._add_buckets()
        self._add_tables()
        sizes = environment.sizes.cache
        self.cache = ValkeyCache(
            self,
            "Cache",
            vpc=vpc,
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            key=self.key,
            name_prefix=f"kindred-{environment.slug}",
            node_type=sizes.node_type,
            shards=sizes.shards,
            replicas_per_shard=sizes.replicas_per_shard,
            snapshot_days=sizes.snapshot_days,
            removal_policy=environment.removal_policy,
        )
        for name, value in {
            "EmbeddingsBucketName": self.embeddings.bucket_name,
            "TrainingBucketName": self.training.bucket_name,
            "LogsBucketName": self.logs.bucket_name,
            "ExperimentsTableName": self.experiments.table_name,
            "MetricsTableName": self.metrics.table_name,
            "RequestLogTableName": self.request_log.table_name,
            "CacheSecretArn": self.cache.secret.secret_arn,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def _add_buckets(self) -> None:
        retention = self._environment.retention
        self.logs = s3.Bucket(
            self,
            "LogsBucket",
            # Load balancers and S3 deliver logs only to buckets under S3's own keys.
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.DEEP_ARCHIVE,
                            transition_after=cdk.Duration.days(retention.logs_to_deep_archive_days),
                        )
                    ],
                    noncurrent_version_expiration=cdk.Duration.days(30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
        )
        self.embeddings = ArtefactBucket(
            self,
            "EmbeddingsBucket",
            archive_after=cdk.Duration.days(retention.embeddings_to_glacier_days),
            encryption_key=self.key,
            bucket_key_enabled=True,
            server_access_logs_bucket=self.logs,
            server_access_logs_prefix="s3/embeddings/",
        )
        self.training = s3.Bucket(
            self,
            "TrainingBucket",
            encryption_key=self.key,
            bucket_key_enabled=True,
            server_access_logs_bucket=self.logs,
            server_access_logs_prefix="s3/training/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(retention.training_days),
                    noncurrent_version_expiration=cdk.Duration.days(30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                            transition_after=cdk.Duration.days(0),
                        )
                    ]
                    if self._environment.sizes.intelligent_tiering
                    else None,
                )
            ],
        )

    def _add_tables(self) -> None:
        self.experiments = self._table("Experiments", partition_key="experiment_id")
        self.metrics = self._table("Metrics", partition_key="experiment_id", sort_key="timestamp")
        self.request_log = self._table(
            "RequestLog", partition_key="record_id", time_to_live_attribute="expires_at"
        )

    def _table(
        self,
        construct_id: str,
        *,
        partition_key: str,
        sort_key: str | None = None,
        time_to_live_attribute: str | None = None,
    ) -> dynamodb.TableV2:
        return dynamodb.TableV2(
            self,
            construct_id,
            partition_key=_text(partition_key),
            sort_key=_text(sort_key) if sort_key else None,
            time_to_live_attribute=time_to_live_attribute,
            billing=_billing(self._environment.sizes.tables),
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(self.key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self._environment.production,
            removal_policy=self._environment.removal_policy,
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _billing(capacity: TableCapacity) -> dynamodb.Billing:
    if capacity.billing == "on_demand":
        return dynamodb.Billing.on_demand()
    bounds = dynamodb.Capacity.autoscaled(
        min_capacity=capacity.min_units,
        max_capacity=capacity.max_units,
        target_utilization_percent=capacity.target_percent,
    )
    return dynamodb.Billing.provisioned(read_capacity=bounds, write_capacity=bounds)
