"""The OpenTelemetry collector of AWS, with our configurations in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from kindred_constructs.task_definition import image_platform, unprivileged

_ROOT = Path(__file__).parents[2]
_EXCLUDE = ("*", "!telemetry")


def add_collector(
    scope: Construct,
    definition: ecs.FargateTaskDefinition,
    name: str,
    *,
    arm: bool,
    environment: Mapping[str, str],
    start_period: cdk.Duration | None = None,
    **properties: Any,
) -> ecs.ContainerDefinition:
    """`name` is the container's, and that of its configuration in `telemetry`."""
    image = ecr_assets.DockerImageAsset(
        scope,
        "Image",
        directory=str(_ROOT),
        file="telemetry/Dockerfile",
        platform=image_platform(arm=arm),
        exclude=list(_EXCLUDE),
        ignore_mode=cdk.IgnoreMode.DOCKER,
    )
    return definition.add_container(
        name,
        image=ecs.ContainerImage.from_docker_image_asset(image),
        command=[f"--config=/etc/kindred/{name}.yaml"],
        user="10001",
        readonly_root_filesystem=True,
        linux_parameters=unprivileged(scope, init=False),
        environment=dict(environment),
        health_check=ecs.HealthCheck(
            # Asks the collector's own health check, which no shell is there to do.
            command=["CMD", "/healthcheck"],
            interval=cdk.Duration.seconds(30),
            timeout=cdk.Duration.seconds(5),
            retries=3,
            start_period=start_period,
        ),
        **properties,
    )
