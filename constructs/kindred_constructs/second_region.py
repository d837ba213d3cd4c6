"""What one region knows of the other: addresses that its templates read from the other's outputs.

A name made by CloudFormation is not known where the account is not. The low-level resource's
attribute goes by as a weak reference all the same; the high-level construct's own would ask for a
name of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondRegion:
    """Where replicas are, and the key that they are under there."""

    region: str
    key: kms.Key

    def key_arn(self) -> str:
        resource = self.key.node.default_child
        assert isinstance(resource, kms.CfnKey)
        return resource.attr_arn


def key_elsewhere(scope: Construct, construct_id: str, second: SecondRegion) -> kms.IKey:
    return kms.Key.from_key_arn(scope, construct_id, second.key_arn())


def bucket_elsewhere(scope: Construct, construct_id: str, bucket: s3.Bucket) -> s3.IBucket:
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    return s3.Bucket.from_bucket_arn(scope, construct_id, resource.attr_arn)


def table_elsewhere(
    scope: Construct,
    construct_id: str,
    table: dynamodb.ITableV2,
    *,
    key: kms.IKey,
    indexes: list[str],
) -> dynamodb.ITableV2:
    """The replica of a global table, in the region of `scope`: it has the same name everywhere."""
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnGlobalTable)
    return dynamodb.TableV2.from_table_attributes(
        scope,
        construct_id,
        table_name=resource.ref,
        encryption_key=key,
        global_indexes=indexes or None,
    )


def replicas(
    scope: Construct, second: SecondRegion | None
) -> list[secretsmanager.ReplicaRegion] | None:
    """Of a secret: kept as it is, and rotated where the first one is."""
    if second is None:
        return None
    key = key_elsewhere(scope, "ReplicaKey", second)
    return [secretsmanager.ReplicaRegion(region=second.region, encryption_key=key)]


def secret_elsewhere(
    scope: Construct, construct_id: str, secret: secretsmanager.ISecret, *, key: kms.IKey
) -> secretsmanager.ISecret:
    """The replica of a secret, in the region of `scope`."""
    resource = secret.node.default_child
    assert isinstance(resource, secretsmanager.CfnSecret)
    here = cdk.Stack.of(scope)
    here.add_stack_dependency(cdk.Stack.of(secret))
    arn = arn_elsewhere(cast("Construct", secret), "Elsewhere", resource, region=here.region)
    return secretsmanager.Secret.from_secret_attributes(
        scope, construct_id, encryption_key=key, secret_complete_arn=arn
    )


def arn_elsewhere(
    scope: Construct, construct_id: str, secret: secretsmanager.CfnSecret, *, region: str
) -> str:
    """Of the replica in `region`, by an output in `scope`: it differs in the region alone.

    Computed where the secret is: a reference to another stack cannot be taken apart.
    """
    home = cdk.Stack.of(secret)
    output = scope.node.try_find_child(construct_id) or cdk.CfnOutput(
        scope, construct_id, value=cdk.Fn.join(region, cdk.Fn.split(home.region, secret.ref))
    )
    assert isinstance(output, cdk.CfnOutput)
    return cdk.Fn.get_stack_output(home.stack_name, home.get_logical_id(output), region=home.region)
