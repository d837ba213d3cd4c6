"""A service's task definition as what a local process needs of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEFAULT_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How the load balancer asks whether a target may get requests."""

    path: str
    timeout_seconds: int
    failures_allowed: int


@dataclass(frozen=True, slots=True)
class LogDestination:
    """Where the container's output goes in CloudWatch Logs."""

    group: str
    stream_prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """One container of a task."""

    name: str
    command: tuple[str, ...]
    image_tag: str
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    stop_seconds: int
    log: LogDestination | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """What should run of one ECS service: a change of `deployment_id` replaces its tasks."""

    name: str
    label: str
    cluster: str
    deployment_id: str
    desired_count: int
    task_role_arn: str
    execution_role_arn: str
    container: ContainerSpec
    target_group_arns: tuple[str, ...]
    health: HealthCheck | None


class UnsupportedTask(Exception):
    """A task definition that one local process cannot stand for."""


def read_service(
    service: Mapping[str, Any],
    task: Mapping[str, Any],
    target_groups: Mapping[str, Mapping[str, Any]],
) -> ServiceSpec:
    """From the answers of DescribeServices, DescribeTaskDefinition and DescribeTargetGroups.

    A container that the task can do without, as one that collects traces, is left out: what it
    does is done for the whole platform here. Raises UnsupportedTask where more than one is left.
    """
    containers = [each for each in task["containerDefinitions"] if each.get("essential", True)]
    if len(containers) != 1:
        names = ", ".join(container["name"] for container in containers)
        raise UnsupportedTask(
            f"{service['serviceName']}: one essential container is run, given {names}"
        )
    container = read_container(containers[0])
    primary = next(
        deployment for deployment in service["deployments"] if deployment["status"] == "PRIMARY"
    )
    groups = tuple(
        balancer["targetGroupArn"]
        for balancer in service.get("loadBalancers", [])
        if balancer.get("containerName") == container.name
    )
    return ServiceSpec(
        name=service["serviceName"],
        label=container.environment.get("SERVICE_NAME", container.name),
        cluster=service["clusterArn"],
        deployment_id=primary["id"],
        desired_count=service["desiredCount"],
        task_role_arn=task.get("taskRoleArn", ""),
        execution_role_arn=task.get("executionRoleArn", ""),
        container=container,
        target_group_arns=groups,
        health=_read_health(target_groups[groups[0]]) if groups else None,
    )


def read_container(definition: Mapping[str, Any]) -> ContainerSpec:
    """One entry of `containerDefinitions`."""
    options = definition.get("logConfiguration", {}).get("options", {})
    group = options.get("awslogs-group")
    return ContainerSpec(
        name=definition["name"],
        command=(*definition.get("entryPoint", []), *definition.get("command", [])),
        image_tag=definition["image"].rpartition(":")[2],
        environment={entry["name"]: entry["value"] for entry in definition.get("environment", [])},
        secrets={entry["name"]: entry["valueFrom"] for entry in definition.get("secrets", [])},
        stop_seconds=int(definition.get("stopTimeout") or DEFAULT_STOP_SECONDS),
        log=LogDestination(group, options.get("awslogs-stream-prefix", "")) if group else None,
    )


def split_secret(value_from: str) -> tuple[str, str | None]:
    """A secret's ARN and, for `arn:...:secret:name-suffix:key:stage:version`, the JSON key."""
    parts = value_from.split(":")
    return ":".join(parts[:7]), parts[7] if len(parts) > 7 and parts[7] else None


def pick_interpreter(command: Sequence[str], interpreter: str) -> list[str]:
    """The container's command, with `python` being this project's interpreter."""
    first, *rest = command
    return [interpreter if first in ("python", "python3") else first, *rest]


def _read_health(group: Mapping[str, Any]) -> HealthCheck:
    return HealthCheck(
        path=group.get("HealthCheckPath", "/"),
        timeout_seconds=int(group.get("HealthCheckTimeoutSeconds", 5)),
        failures_allowed=int(group.get("UnhealthyThresholdCount", 2)),
    )
