"""One environment in one region: its stacks, and what each hands to the next."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.house_rules import house_rules
from stacks.account_stack import AccountStack
from stacks.api_stack import ApiStack
from stacks.data_stack import DataStack
from stacks.edge_stack import EdgeStack
from stacks.environment import Environment
from stacks.firewall_stack import FirewallStack
from stacks.github_stack import GitHubStack
from stacks.lambda_stack import LambdaStack
from stacks.monitoring_stack import MonitoringStack
from stacks.network_stack import NetworkStack
from stacks.operations_stack import OperationsStack
from stacks.pipeline_stack import PipelineStack
from stacks.privacy_stack import PrivacyStack
from stacks.recovering import add_recovery
from stacks.recovery_stack import RecoveryStack
from stacks.routing_stack import RoutingStack
from stacks.sagemaker_stack import SageMakerStack
from stacks.streaming_stack import StreamingStack
from stacks.telemetry_stack import TelemetryStack


class Platform(cdk.Stage):
    def __init__(self, scope: Construct, *, environment: Environment, region: str) -> None:
        boundary = environment.permissions_boundary
        super().__init__(
            scope,
            environment.stage_id(region),
            env=cdk.Environment(account=environment.account, region=region),
            permissions_boundary=cdk.PermissionsBoundary.from_name(boundary) if boundary else None,
            property_injectors=house_rules(
                production=environment.production, log_days=environment.retention.log_days
            ),
        )
        self.environment = environment
        self.recovery = self._second_region()
        self.network = NetworkStack(self, "NetworkStack", environment=environment)
        self.data = DataStack(
            self,
            "DataStack",
            environment=environment,
            network=self.network,
            replicas=self.recovery.replicas if self.recovery else None,
        )
        below: dict[str, Any] = {
            "environment": environment,
            "network": self.network,
            "data": self.data,
        }
        self.firewall = FirewallStack(self, "FirewallStack", **below)
        self.streaming = StreamingStack(
            self,
            "StreamingStack",
            replica=self.recovery.events if self.recovery else None,
            **below,
        )
        self.functions = LambdaStack(
            self,
            "LambdaStack",
            streaming=self.streaming,
            decides=environment.recovery.serves == "first",
            **below,
        )
        self.routing = RoutingStack(self, "RoutingStack", **below)
        self.api = ApiStack(
            self, "ApiStack", streaming=self.streaming, routing=self.routing, **below
        )
        self.models = SageMakerStack(self, "SageMakerStack", streaming=self.streaming, **below)
        if environment.api.owns_account_log_role:
            # A stage that logs needs the account's role for it, which comes with the other API.
            self.models.add_stack_dependency(self.api)
        for served in (self.api, self.models):
            self.firewall.protect(served.rest_api.deployment_stage)
        self.edge = EdgeStack(
            self,
            "EdgeStack",
            region=region,
            services=self.api.rest_api,
            models=self.models.rest_api,
            **below,
        )
        self.monitoring = MonitoringStack(
            self,
            "MonitoringStack",
            streaming=self.streaming,
            functions=self.functions,
            routing=self.routing,
            api=self.api,
            models=self.models,
            **below,
        )
        self.privacy = PrivacyStack(
            self, "PrivacyStack", streaming=self.streaming, recovery=self.recovery, **below
        )
        # Its rotations make the users that services are in the database.
        self.api.add_stack_dependency(self.privacy)
        self.operations = OperationsStack(
            self, "OperationsStack", streaming=self.streaming, api=self.api, **below
        )
        self.telemetry = TelemetryStack(
            self,
            "TelemetryStack",
            environment=environment,
            network=self.network,
            api=self.api,
        )
        add_recovery(
            self,
            environment,
            recovery=self.recovery,
            network=self.network,
            first=self.data,
            archive=self.streaming.archive.bucket,
            api=self.api,
        )
        if environment.account_guards.any:
            AccountStack(self, "AccountStack", region=region, **below)
        if environment.github and environment.is_first(region):
            GitHubStack(self, "GitHubStack", environment=environment, github=environment.github)
        if environment.pipeline and environment.is_first(region):
            PipelineStack(
                self,
                "PipelineStack",
                environment=environment,
                pipeline=environment.pipeline,
                data=self.data,
            )
        for key, value in environment.resource_tags.items():
            cdk.Tags.of(self).add(key, value)

    def _second_region(self) -> RecoveryStack | None:
        """Before the data of the first, which is replicated there."""
        environment = self.environment
        region = environment.recovery.region
        if region is None:
            return None
        there = cdk.Environment(account=environment.account, region=region)
        return RecoveryStack(self, "RecoveryStack", environment=environment, env=there)
