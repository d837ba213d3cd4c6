"""What observes the platform from outside: which requests are traced, and Prometheus metrics."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.house_rules import removal_policy
from kindred_constructs.metrics_workspace import MetricsWorkspace
from kindred_constructs.prometheus_collector import PrometheusCollector
from kindred_constructs.trace_sampling import TraceSampling
from stacks.api_stack import ApiStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack


class TelemetryStack(cdk.Stack):
    """Its own cluster: what watches the services shares neither their fate nor their changes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        api: ApiStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            scope, construct_id, termination_protection=environment.production, **kwargs
        )
        telemetry = environment.telemetry
        TraceSampling(
            self,
            "Sampling",
            name=f"kindred-{environment.slug}",
            apis=f"{environment.stage_id(self.region)}-",
            first_per_second=telemetry.sampled_per_second,
            percent_of_others=telemetry.sampled_percent,
        )
        if telemetry.prometheus:
            self._collect(environment, network, api)

    def _collect(self, environment: Environment, network: NetworkStack, api: ApiStack) -> None:
        workspace = MetricsWorkspace(
            self,
            "Metrics",
            name=environment.slug,
            key=network.telemetry_key,
            removal_policy=removal_policy(production=environment.production),
        )
        collector = PrometheusCollector(
            self,
            "Collector",
            environment_name=environment.slug,
            vpc=network.vpc,
            subnets=network.task_subnets,
            workspace=workspace,
            services_cluster=api.cluster,
            services=api.services,
            scrape_seconds=environment.telemetry.scrape_seconds,
            log_key=network.telemetry_key,
            arm=environment.image.is_arm,
        )
        network.alarms.hear(collector.missing_alarm)
        cdk.CfnOutput(self, "MetricsWorkspaceId", value=workspace.workspace_id)
