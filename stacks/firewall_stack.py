"""What stands before both APIs in their own region, however a request comes to them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from kindred_constructs.web_acl import REGION, Admission, WebAcl
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack


class FirewallStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.firewall = WebAcl(
            self,
            "Firewall",
            waf_scope=REGION,
            admission=admission(environment),
            log_key=network.telemetry_key,
            edge_secret=data.edge_secret.secret_value,
        )
        network.alarms.hear(self.firewall.alarm)

    def protect(self, stage: apigateway.Stage) -> None:
        """In the stage's stack, where policy looks for it."""
        wafv2.CfnWebACLAssociation(
            stage, "Firewall", resource_arn=stage.stage_arn, web_acl_arn=self.firewall.arn
        )


def admission(environment: Environment) -> Admission:
    """The same at the edge and in the region."""
    edge = environment.edge
    return Admission(
        allow_ips=edge.allow_ips,
        block_ips=edge.block_ips,
        requests_per_5_minutes=edge.rate_limit(
            rate_per_second=environment.sizes.api.rate_per_second
        ),
    )
