"""A DynamoDB table as all of ours are: under our key, restorable, and global from the start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from kindred_constructs.second_region import SecondRegion, table_elsewhere

# DynamoDB uses a table's key in the name of whoever calls it.
_KEY_ACTIONS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRules:
    """A table cannot become a global one later without being replaced, so each is one.

    With `second` it has a replica there, written to as the table itself is. There, tables are
    those at the same place below `first`.
    """

    key: kms.IKey
    billing: dynamodb.Billing
    deletion_protection: bool
    removal_policy: cdk.RemovalPolicy
    second: SecondRegion | None = None
    first: Construct | None = None

    def table(
        self,
        scope: Construct,
        construct_id: str,
        *,
        partition_key: str,
        sort_key: str | None = None,
        ttl: str | None = None,
        indexes: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        keys_only: Collection[str] = (),
    ) -> dynamodb.ITableV2:
        """`indexes` are global: partition key and, where there is one, sort key by name.

        Those of `keys_only` find items and hold nothing else of them.
        """
        if self.first:
            found = self.first.node.find_child(scope.node.id).node.find_child(construct_id)
            assert isinstance(found, dynamodb.TableV2)
            return table_elsewhere(scope, construct_id, found, key=self.key, indexes=list(indexes))
        return dynamodb.TableV2(
            scope,
            construct_id,
            partition_key=_text(partition_key),
            sort_key=_text(sort_key) if sort_key else None,
            time_to_live_attribute=ttl,
            global_secondary_indexes=[
                _index(name, *keys, keys_only=name in keys_only) for name, keys in indexes.items()
            ],
            billing=self.billing,
            encryption=self._encryption(),
            replicas=self._replicas(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self.deletion_protection,
            removal_policy=self.removal_policy,
        )

    def grant_key(self, grantee: iam.IGrantable) -> None:
        self.key.grant(grantee, *_KEY_ACTIONS)

    def _encryption(self) -> dynamodb.TableEncryptionV2:
        replicas = {self.second.region: self.second.key_arn()} if self.second else None
        return dynamodb.TableEncryptionV2.customer_managed_key(self.key, replicas)

    def _replicas(self) -> list[dynamodb.ReplicaTableProps] | None:
        return [dynamodb.ReplicaTableProps(region=self.second.region)] if self.second else None


def _index(
    name: str, partition_key: str, sort_key: str | None = None, *, keys_only: bool
) -> dynamodb.GlobalSecondaryIndexPropsV2:
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name=name,
        partition_key=_text(partition_key),
        sort_key=_text(sort_key) if sort_key else None,
        projection_type=dynamodb.ProjectionType.KEYS_ONLY if keys_only else None,
    )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
