"""Both regions of a deployed environment, read from the second alone: the first may be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from ops.deployed_stage import DeployedStage, NotDeployed
from ops.drill.failing_over import Service, TwoRegions
from stacks.environment import Environment
from stacks.recovery import STANDBY
from stacks.standby_sizes import standby_environment

if TYPE_CHECKING:
    from types_boto3_cloudformation.client import CloudFormationClient
    from types_boto3_rds.client import RDSClient

_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_NAMES = ("similarity", "prediction", "experiments")


class NoSecondRegion(ValueError):
    """Nothing stands by for the environment."""


def second_region(environment: Environment) -> str:
    """Raises NoSecondRegion."""
    recovery = environment.recovery
    if not (recovery.replicates and recovery.region):
        raise NoSecondRegion(
            f"environment {environment.slug} recovers by {recovery.strategy}: no region stands by "
            "for it; kindred drill restore shows what it does instead"
        )
    return recovery.region


def sketched(environment: Environment) -> TwoRegions:
    """As far as the environment's file tells; what an account would, is in angle brackets."""
    region, first = second_region(environment), environment.regions[0]
    name = f"cluster:kindred-{environment.slug}"
    return TwoRegions(
        environment=environment.slug,
        first_region=first,
        region=region,
        global_cluster="<global cluster>",
        first_cluster_arn=f"arn:aws:rds:{first}:<account>:{name}",
        second_cluster_arn=f"arn:aws:rds:{region}:<account>:{name}",
        services=tuple(
            _service(environment, name, "<cluster>", f"<{name} service>") for name in _NAMES
        ),
        declared_alarm=f"<DeclaredAlarmName of {STANDBY}WatchStack>",
        api_url=f"<ApiUrl of {STANDBY}ApiStack>",
        failover_name=environment.failover_name,
    )


def read(environment: Environment) -> TwoRegions:
    """Raises NoSecondRegion, NotDeployed and errors of boto3."""
    region, first = second_region(environment), environment.regions[0]
    stage = DeployedStage(prefix=environment.stage_id(first), region=region)
    everywhere, here, there = _clusters(
        boto3.client("rds", region_name=region), f"kindred-{environment.slug}"
    )
    return TwoRegions(
        environment=environment.slug,
        first_region=first,
        region=region,
        global_cluster=everywhere,
        first_cluster_arn=there,
        second_cluster_arn=here,
        services=_services(
            environment,
            boto3.client("cloudformation", region_name=region),
            f"{stage.prefix}-{STANDBY}ApiStack",
        ),
        declared_alarm=stage.output(f"{STANDBY}WatchStack", "DeclaredAlarmName"),
        api_url=stage.output(f"{STANDBY}ApiStack", "ApiUrl"),
        failover_name=environment.failover_name,
    )


def subnet_group_of(cluster: str, *, region: str) -> str:
    """Where a copy of the database can be. Raises errors of boto3."""
    rds = boto3.client("rds", region_name=region)
    [found] = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    return found["DBSubnetGroup"]


def _clusters(rds: RDSClient, name: str) -> tuple[str, str, str]:
    """The global cluster, its member here, and the one that it has elsewhere."""
    [here] = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
    arn = here["DBClusterArn"]
    for each in rds.describe_global_clusters()["GlobalClusters"]:
        members = [member["DBClusterArn"] for member in each["GlobalClusterMembers"]]
        if arn in members:
            others = [member for member in members if member != arn]
            return each["GlobalClusterIdentifier"], arn, others[0] if others else "<gone>"
    raise NotDeployed(f"database {arn} is a member of no global database")


def _services(
    environment: Environment, cloudformation: CloudFormationClient, stack: str
) -> tuple[Service, ...]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    targets: list[Any] = [
        resource
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == _TARGET
    ]
    found = []
    for name in _NAMES:
        for target in targets:
            if target["LogicalResourceId"].startswith(name.title()):
                # As in service/<cluster>/<service>|ecs:service:DesiredCount|ecs.
                _, cluster, service = target["PhysicalResourceId"].split("|")[0].split("/")
                found.append(_service(environment, name, cluster, service))
    return tuple(found)


def _service(environment: Environment, name: str, cluster: str, service: str) -> Service:
    serving = getattr(environment.sizes.services, name)
    waiting = getattr(standby_environment(environment).sizes.services, name)
    return Service(
        cluster=cluster, name=service, tasks=serving.min_tasks, waiting=waiting.min_tasks
    )
