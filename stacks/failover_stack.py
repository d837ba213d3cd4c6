"""A region's half of the name that fails over: its record, and whether it is healthy."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_route53 as route53
from constructs import Construct

from kindred_constructs.declared_failover import DeclaredFailover
from kindred_constructs.health_checks import failover_health_check
from kindred_constructs.regional_name import RegionalName
from stacks.api_stack import ApiStack
from stacks.environment import Environment


class FailoverStack(cdk.Stack):
    """One in each region, so that neither half needs the other's control plane.

    The first region's has the `declared` alarm of the second, which takes its traffic away. The
    second region's record answers for what the first does not, healthy or not.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        api: ApiStack,
        declared: DeclaredFailover | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        domain, name = environment.domain, environment.failover_name
        assert domain is not None
        assert name is not None
        health = (
            failover_health_check(
                self,
                "Healthy",
                api_host=f"{api.rest_api.rest_api_id}.execute-api.{self.region}.amazonaws.com",
                declared=declared,
                automatic=environment.recovery.strategy == "warm_standby",
            )
            if declared
            else None
        )
        RegionalName(
            self,
            "Name",
            name=name,
            zone=route53.HostedZone.from_hosted_zone_attributes(
                self, "Zone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.name
            ),
            stage=api.rest_api.deployment_stage,
            role="PRIMARY" if declared else "SECONDARY",
            health_check_id=health.attr_health_check_id if health else None,
        )
        cdk.CfnOutput(self, "FailoverName", value=name)
