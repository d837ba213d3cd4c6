"""An Aurora database in two regions: one writes, the other follows within a second or so."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_rds as rds
from constructs import Construct


def followed(
    scope: Construct,
    construct_id: str,
    cluster: rds.DatabaseCluster,
    *,
    deletion_protection: bool,
    removal_policy: cdk.RemovalPolicy,
) -> rds.CfnGlobalCluster:
    """A global database made of a cluster that there is, so that one can be given a replica later.

    CDK knows no global database but CloudFormation's own.
    """
    resource = rds.CfnGlobalCluster(
        scope,
        construct_id,
        source_db_cluster_identifier=cluster.cluster_arn,
        deletion_protection=deletion_protection,
    )
    resource.apply_removal_policy(removal_policy)
    return resource


def follow(cluster: rds.DatabaseCluster, everywhere: rds.CfnGlobalCluster) -> None:
    """Users, passwords and databases come from the first region with all other data."""
    resource = cluster.node.default_child
    assert isinstance(resource, rds.CfnDBCluster)
    resource.global_cluster_identifier = everywhere.ref
    for given in ("DatabaseName", "MasterUsername", "MasterUserPassword"):
        resource.add_property_deletion_override(given)
