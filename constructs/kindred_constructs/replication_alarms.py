"""Alarms on how far the second region is behind: past what is promised, a failover loses more."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.bucket_replication import RULE
from kindred_constructs.operator_alarm import OperatorAlarm, Severity
from kindred_constructs.relational_database import RelationalDatabase

RUNBOOK = "replication-lag"
# S3's promise for its replication, which it does not go below.
BUCKET_SECONDS = 15 * 60


def database_lag(
    scope: Construct, construct_id: str, *, follower: RelationalDatabase, minutes: int
) -> OperatorAlarm:
    """Aurora measures it where it follows; that it measures nothing is a fault as well."""
    return _alarm(
        scope,
        construct_id,
        what="The database",
        minutes=minutes,
        threshold=minutes * 60_000,
        metric=_metric(
            "AWS/RDS",
            "AuroraGlobalDBRPOLag",
            DBClusterIdentifier=follower.cluster_identifier,
        ),
        missing=cloudwatch.TreatMissingData.BREACHING,
    )


def table_lag(
    scope: Construct,
    construct_id: str,
    *,
    table: dynamodb.ITableV2,
    region: str,
    minutes: int,
) -> OperatorAlarm:
    """Measured where a write was made; nothing is, where nothing was written."""
    return _alarm(
        scope,
        construct_id,
        what=f"Table {construct_id}",
        minutes=minutes,
        threshold=minutes * 60_000,
        metric=_metric(
            "AWS/DynamoDB",
            "ReplicationLatency",
            TableName=table.table_name,
            ReceivingRegion=region,
        ),
    )


def bucket_lag(
    scope: Construct, construct_id: str, *, source: s3.Bucket, replica: s3.Bucket
) -> OperatorAlarm:
    """In the region of the replica, where S3 publishes it."""
    resource = source.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    return _alarm(
        scope,
        construct_id,
        what=f"Bucket {construct_id}",
        minutes=BUCKET_SECONDS // 60,
        threshold=BUCKET_SECONDS,
        metric=_metric(
            "AWS/S3",
            "ReplicationLatency",
            SourceBucket=resource.ref,
            DestinationBucket=replica.bucket_name,
            RuleId=RULE,
        ),
    )


def _alarm(
    scope: Construct,
    construct_id: str,
    *,
    what: str,
    minutes: int,
    threshold: float,
    metric: cloudwatch.Metric,
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
) -> OperatorAlarm:
    return OperatorAlarm(
        scope,
        construct_id,
        happened=f"{what} is more than {minutes} minutes behind in the second region",
        runbook=RUNBOOK,
        severity=Severity.WARNING,
        metric=metric,
        threshold=threshold,
        evaluation_periods=3,
        missing=missing,
    )


def _metric(namespace: str, name: str, **dimensions: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic="Maximum",
        period=cdk.Duration.minutes(1),
    )
