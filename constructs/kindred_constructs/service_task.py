"""The task definition of a service: a container that can write nothing but /tmp, and its traces."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.task_definition import (
    TaskShape,
    image_platform,
    mount_tmp,
    task_definition,
    unprivileged,
)
from kindred_constructs.trace_collector import TraceCollector

_ROOT = Path(__file__).parents[2]
# Everything is left out of the build context but what the images are made of.
_EXCLUDE = ("*", "!core_src", "!service_src", "**/__pycache__", "**/*.pyc", "**/.*_cache")
PORT = 8000
# Of the same metrics as at /metrics, for a collector that may ask for nothing else.
METRICS_PORT = 9464


class ServiceTask(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        package: str,
        shape: TaskShape,
        log_key: kms.IKey,
        environment: Mapping[str, str],
        secrets: Mapping[str, ecs.Secret],
        requirements: str | None = None,
    ) -> None:
        """`requirements` is the service's own lock below `service_src`, if it has one."""
        super().__init__(scope, construct_id)
        self.definition = task_definition(self, "Resource", shape)
        self._log_group = logs.LogGroup(self, "LogGroup", encryption_key=log_key)
        self.container = self._container(
            package,
            self._image(package, requirements, arm=shape.arm),
            {
                "PORT": str(PORT),
                "METRICS_PORT": str(METRICS_PORT),
                "SERVICE_NAME": package,
                **environment,
            },
            secrets,
        )
        traces = TraceCollector(
            self, "Traces", definition=self.definition, log_group=self._log_group, arm=shape.arm
        )
        traces.serve(self.container)

    def _container(
        self,
        package: str,
        image: ecr_assets.DockerImageAsset,
        environment: Mapping[str, str],
        secrets: Mapping[str, ecs.Secret],
    ) -> ecs.ContainerDefinition:
        container = self.definition.add_container(
            package,
            image=ecs.ContainerImage.from_docker_image_asset(image),
            command=["python", "-m", package],
            user="10001",
            readonly_root_filesystem=True,
            stop_timeout=cdk.Duration.seconds(60),
            linux_parameters=unprivileged(self, init=True),
            port_mappings=[
                ecs.PortMapping(container_port=PORT),
                ecs.PortMapping(container_port=METRICS_PORT),
            ],
            docker_labels={
                "ECS_PROMETHEUS_EXPORTER_PORT": str(METRICS_PORT),
                "ECS_PROMETHEUS_METRICS_PATH": "/metrics",
            },
            environment=dict(environment),
            secrets=dict(secrets),
            health_check=ecs.HealthCheck(
                command=["CMD", "python", "-m", "kindred_service.health"],
                interval=cdk.Duration.seconds(15),
                timeout=cdk.Duration.seconds(5),
                retries=3,
                start_period=cdk.Duration.seconds(60),
            ),
            # A slow log service must not stop requests; what does not fit the buffer is lost.
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix=package,
                log_group=self._log_group,
                mode=ecs.AwsLogDriverMode.NON_BLOCKING,
                max_buffer_size=cdk.Size.mebibytes(8),
            ),
        )
        mount_tmp(container)
        return container

    @property
    def role(self) -> iam.IRole:
        """What the service itself may do."""
        return self.definition.task_role

    @property
    def execution_role(self) -> iam.IRole:
        """What ECS may do to start it: pull the image, read secrets, write logs."""
        return self.definition.obtain_execution_role()

    def _image(
        self, package: str, requirements: str | None, *, arm: bool
    ) -> ecr_assets.DockerImageAsset:
        own_lock = {"REQUIREMENTS": requirements} if requirements else {}
        return ecr_assets.DockerImageAsset(
            self,
            "Image",
            directory=str(_ROOT),
            file="service_src/Dockerfile",
            build_args={"SERVICE": package, **own_lock},
            platform=image_platform(arm=arm),
            exclude=list(_EXCLUDE),
            ignore_mode=cdk.IgnoreMode.DOCKER,
        )


def secret_reference(
    scope: Construct,
    construct_id: str,
    secret: secretsmanager.ISecret,
    *,
    field: str | None = None,
) -> ecs.Secret:
    """By its ARN.

    Granted directly, a secret writes its reader's role into the policy of its key, and the stack
    of the key and the stack of the role would need each other.
    """
    known = secretsmanager.Secret.from_secret_complete_arn(scope, construct_id, secret.secret_arn)
    return ecs.Secret.from_secrets_manager(known, field)
