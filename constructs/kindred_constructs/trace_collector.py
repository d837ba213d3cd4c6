"""Beside a service: takes its spans, and sends them to X-Ray."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs.collector_image import HEALTH_CHECK, USER, CollectorImage, configured

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
        parameters = ecs.LinuxParameters(self, "Linux", init_process_enabled=False)
        parameters.drop_capabilities(ecs.Capability.ALL)
        image = CollectorImage(self, "Image", arm=arm)
        self._container = definition.add_container(
            NAME,
            image=ecs.ContainerImage.from_docker_image_asset(image),
            command=configured("traces"),
            essential=False,
            user=USER,
            readonly_root_filesystem=True,
            linux_parameters=parameters,
            memory_limit_mib=_MEMORY_MIB,
            # Below the limit Go collects more often instead of being killed.
            environment={"GOMEMLIMIT": "128MiB"},
            health_check=ecs.HealthCheck(
                command=list(HEALTH_CHECK),
                interval=cdk.Duration.seconds(30),
                timeout=cdk.Duration.seconds(5),
                retries=3,
            ),
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
