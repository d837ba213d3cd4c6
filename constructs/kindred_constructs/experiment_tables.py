"""The three tables of the embedding experiment: its settings, its counts, its requests."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

# DynamoDB uses a table's key in the name of whoever calls it.
_KEY_ACTIONS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class ExperimentTables(Construct):
    """Global tables from the start: a table cannot become one later without being replaced."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        billing: dynamodb.Billing,
        deletion_protection: bool,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key

        def table(
            name: str, partition_key: str, *, sort_key: str | None = None, ttl: str | None = None
        ) -> dynamodb.TableV2:
            return dynamodb.TableV2(
                self,
                name,
                partition_key=_text(partition_key),
                sort_key=_text(sort_key) if sort_key else None,
                time_to_live_attribute=ttl,
                billing=billing,
                encryption=dynamodb.TableEncryptionV2.customer_managed_key(key),
                point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                    point_in_time_recovery_enabled=True
                ),
                deletion_protection=deletion_protection,
                removal_policy=removal_policy,
            )

        self.experiments = table("Experiments", "experiment_id")
        self.metrics = table("Metrics", "experiment_id", sort_key="timestamp")
        self.request_log = table("RequestLog", "record_id", ttl="expires_at")

    def grant_serve(self, grantee: iam.IGrantable) -> None:
        """What answering a request takes: read the weights, add to the counts, log the request."""
        self.experiments.grant(grantee, "dynamodb:GetItem")
        self.metrics.grant(grantee, "dynamodb:UpdateItem")
        self.request_log.grant(grantee, "dynamodb:BatchWriteItem", "dynamodb:PutItem")
        self._key.grant(grantee, *_KEY_ACTIONS)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
