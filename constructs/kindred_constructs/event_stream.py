"""The stream of experiments' events, kept for a week so that what reads it may be down."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

RETENTION = cdk.Duration.days(7)
_READS = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)


class EventStream(kinesis.Stream):
    """With `shards` as many, without AWS adds and takes away shards by load."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        shards: int | None,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stream_mode=kinesis.StreamMode.PROVISIONED if shards else kinesis.StreamMode.ON_DEMAND,
            shard_count=shards,
            retention_period=RETENTION,
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=key,
            removal_policy=removal_policy,
        )
        self._key = key

    def grant_put(self, grantee: iam.IGrantable) -> None:
        self.grant(grantee, "kinesis:PutRecord", "kinesis:PutRecords")
        self._key.grant(grantee, "kms:GenerateDataKey")

    def grant_consume(self, grantee: iam.IGrantable) -> None:
        self.grant(grantee, *_READS)
        self._key.grant(grantee, "kms:Decrypt")
