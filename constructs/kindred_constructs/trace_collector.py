"""Beside a service: takes its spans, and sends them to X-Ray."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs.collector_image import add_collector

# Where a service finds it: containers of a task share one address.
OTLP_ENDPOINT = "http://localhost:4318"
NAME = "traces"
_MEMORY_MIB = 160


class TraceCollector(Construct):
    """A service goes on without it: spans are lost then, and no request."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        definition: ecs.FargateTaskDefinition,
        log_group: logs.ILogGroup,
        arm: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._container = add_collector(
            self,
            definition,
            NAME,
            arm=arm,
            # Below the limit Go collects more often instead of being killed.
            environment={"GOMEMLIMIT": "128MiB"},
            essential=False,
            memory_limit_mib=_MEMORY_MIB,
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix=NAME,
                log_group=log_group,
                mode=ecs.AwsLogDriverMode.NON_BLOCKING,
                max_buffer_size=cdk.Size.mebibytes(1),
            ),
        )
        definition.add_to_task_role_policy(
            iam.PolicyStatement(
                actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                # Traces are no resources: X-Ray has no other than "*" for these.
                resources=["*"],
            )
        )

    def serve(self, container: ecs.ContainerDefinition) -> None:
        """There before the container, and after it: its last spans are still taken."""
        container.add_environment("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP_ENDPOINT)
        container.add_container_dependencies(
            ecs.ContainerDependency(
                container=self._container, condition=ecs.ContainerDependencyCondition.START
            )
        )
