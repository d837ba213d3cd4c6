"""What tasks on Fargate have in common: size, processor, /tmp alone to write to, no privileges."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from constructs import Construct

_TMP = "tmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskShape:
    """CPU in units of which 1024 are a vCPU."""

    cpu: int
    memory_mib: int
    arm: bool


def task_definition(
    scope: Construct, construct_id: str, shape: TaskShape
) -> ecs.FargateTaskDefinition:
    processor = ecs.CpuArchitecture.ARM64 if shape.arm else ecs.CpuArchitecture.X86_64
    return ecs.FargateTaskDefinition(
        scope,
        construct_id,
        cpu=shape.cpu,
        memory_limit_mib=shape.memory_mib,
        runtime_platform=ecs.RuntimePlatform(
            cpu_architecture=processor,
            operating_system_family=ecs.OperatingSystemFamily.LINUX,
        ),
        volumes=[ecs.Volume(name=_TMP)],
    )


def image_platform(*, arm: bool) -> ecr_assets.Platform:
    return ecr_assets.Platform.LINUX_ARM64 if arm else ecr_assets.Platform.LINUX_AMD64


def unprivileged(scope: Construct, *, init: bool) -> ecs.LinuxParameters:
    """With `init` a first process passes signals on, and ends what is orphaned."""
    parameters = ecs.LinuxParameters(scope, "Linux", init_process_enabled=init)
    parameters.drop_capabilities(ecs.Capability.ALL)
    return parameters


def mount_tmp(container: ecs.ContainerDefinition) -> None:
    container.add_mount_points(
        ecs.MountPoint(source_volume=_TMP, container_path="/tmp", read_only=False)  # noqa: S108
    )
