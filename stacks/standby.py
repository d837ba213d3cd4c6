"""The second region's platform: the same stacks, smaller, over replicas of the first's data."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.api_stack import ApiStack
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.failover_stack import FailoverStack
from stacks.firewall_stack import FirewallStack
from stacks.lambda_stack import LambdaStack
from stacks.network_stack import NetworkStack
from stacks.privacy_stack import PrivacyStack
from stacks.recovery import STANDBY
from stacks.recovery_stack import RecoveryStack
from stacks.routing_stack import RoutingStack
from stacks.standby_sizes import standby_environment
from stacks.standby_watch_stack import StandbyWatchStack
from stacks.streaming_stack import StreamingStack


class Standby:
    """What must run to take over; models are made and rolled out in the first region alone."""

    def __init__(
        self,
        scope: Construct,
        *,
        environment: Environment,
        recovery: RecoveryStack,
        first: DataStack,
        archive: s3.Bucket,
    ) -> None:
        here = standby_environment(environment)
        there: dict[str, Any] = {
            "environment": here,
            "env": cdk.Environment(account=here.account, region=here.regions[0]),
        }
        self.network = NetworkStack(scope, f"{STANDBY}NetworkStack", **there)
        there["network"] = self.network
        self.data = DataStack(
            scope, f"{STANDBY}DataStack", replicas=recovery.replicas, first=first, **there
        )
        there["data"] = self.data
        self.firewall = FirewallStack(scope, f"{STANDBY}FirewallStack", **there)
        self.streaming = StreamingStack(scope, f"{STANDBY}StreamingStack", **there)
        self.functions = LambdaStack(
            scope,
            f"{STANDBY}LambdaStack",
            streaming=self.streaming,
            decides=environment.recovery.serves == "second",
            **there,
        )
        self.routing = RoutingStack(scope, f"{STANDBY}RoutingStack", **there)
        self.api = ApiStack(
            scope,
            f"{STANDBY}ApiStack",
            streaming=self.streaming,
            routing=self.routing,
            **there,
        )
        self.firewall.protect(self.api.rest_api.deployment_stage)
        self.privacy = PrivacyStack(
            scope, f"{STANDBY}PrivacyStack", streaming=self.streaming, standby=True, **there
        )
        self.watch = StandbyWatchStack(
            scope,
            "StandbyWatchStack",
            first=first,
            archive=archive,
            recovery=recovery,
            **there,
        )
        if environment.failover_name:
            FailoverStack(
                scope,
                f"{STANDBY}FailoverStack",
                environment=environment,
                api=self.api,
                env=there["env"],
            )
