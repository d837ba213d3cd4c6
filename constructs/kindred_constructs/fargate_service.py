"""A service on Fargate that takes new versions step by step, and goes back on an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from kindred_constructs.canary_route import CanaryRoute
from kindred_constructs.closed_group import closed_group
from kindred_constructs.operator_alarm import OperatorAlarm, Severity
from kindred_constructs.service_scaling import ScalingPlan, ServiceScaling
from kindred_constructs.service_task import PORT, ServiceTask
from kindred_constructs.task_definition import TaskShape


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficShift:
    """A new version's share of requests, how long each share bakes, how long old tasks stay."""

    strategy: Literal["canary", "linear", "blue_green"]
    step_percent: int
    step_bake: cdk.Duration
    old_tasks_kept: cdk.Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLogs:
    """Of answered requests a share leaves a line; failed ones and slower ones always do."""

    sample_percent: float
    slow_ms: float

    @property
    def settings(self) -> dict[str, str]:
        """As the service's environment names them."""
        return {
            "LOG_SAMPLE_PERCENT": f"{self.sample_percent:g}",
            "LOG_SLOW_MS": f"{self.slow_ms:g}",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """How large its tasks are, how many run, and how a new version takes over.

    Without a `shift` tasks are replaced in place, some at a time.
    """

    shape: TaskShape
    scaling: ScalingPlan
    shift: TrafficShift | None
    logs: RequestLogs


class FargateService(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ecs.ICluster,
        subnets: ec2.SubnetSelection,
        task: ServiceTask,
        route: CanaryRoute,
        scaling: ScalingPlan,
        shift: TrafficShift | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms = self._deployment_alarms(route)
        self.service = ecs.FargateService(
            self,
            "Resource",
            cluster=cluster,
            task_definition=task.definition,
            vpc_subnets=subnets,
            security_groups=[
                closed_group(
                    self,
                    cluster.vpc,
                    "Tasks: entered by the load balancer, leave for AWS and their stores",
                )
            ],
            platform_version=ecs.FargatePlatformVersion.VERSION1_4,
            min_healthy_percent=100,
            max_healthy_percent=200,
            health_check_grace_period=cdk.Duration.seconds(120),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            enable_ecs_managed_tags=True,
            **self._deployment(shift),
        )
        self.connections = self.service.connections
        self._attach(task, route, shifts=shift is not None)
        groups = tuple(route.dimensions.values())
        self.scaling = ServiceScaling(
            self, "Scaling", service=self.service, target_groups=groups, plan=scaling
        )

    def _attach(self, task: ServiceTask, route: CanaryRoute, *, shifts: bool) -> None:
        route.primary.add_target(
            self.service.load_balancer_target(
                container_name=task.container.container_name,
                container_port=PORT,
                alternate_target=route.alternate_target() if shifts else None,
            )
        )
        route.lead_to(self, self.service)
        # Roles are usable once their policies are attached.
        roles = [task.execution_role, *([route.shifting_role] if shifts else [])]
        self.service.node.add_dependency(*roles)

    def _deployment(self, shift: TrafficShift | None) -> dict[str, Any]:
        alarms = ecs.DeploymentAlarmConfig(
            alarm_names=[alarm.alarm_name for alarm in self.alarms],
            behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM,
        )
        # The circuit breaker is for rolling deployments; a shift goes back on its alarms alone.
        rolling = shift is None
        breaker = ecs.DeploymentCircuitBreaker(enable=rolling, rollback=rolling)
        either: dict[str, Any] = {"deployment_alarms": alarms, "circuit_breaker": breaker}
        if shift is None:
            return either
        step = ecs.TrafficShiftConfig(
            step_percent=shift.step_percent, step_bake_time=shift.step_bake
        )
        own: dict[str, dict[str, Any]] = {
            "canary": {
                "deployment_strategy": ecs.DeploymentStrategy.CANARY,
                "canary_configuration": step,
            },
            "linear": {
                "deployment_strategy": ecs.DeploymentStrategy.LINEAR,
                "linear_configuration": step,
            },
            "blue_green": {"deployment_strategy": ecs.DeploymentStrategy.BLUE_GREEN},
        }
        return {**either, **own[shift.strategy], "bake_time": shift.old_tasks_kept}

    def _deployment_alarms(self, route: CanaryRoute) -> list[OperatorAlarm]:
        return [
            OperatorAlarm(
                self,
                construct_id,
                happened=happened,
                runbook=runbook,
                severity=Severity.CRITICAL,
                metric=metric,
                threshold=threshold,
                evaluation_periods=5,
                datapoints_to_alarm=3,
            )
            for construct_id, runbook, happened, metric, threshold in (
                (
                    "ErrorsAlarm",
                    "service-errors",
                    "More than 5 % of requests answered 5xx: a deployment under way goes back",
                    route.metric_errors(),
                    5,
                ),
                (
                    "LatencyAlarm",
                    "service-latency",
                    "p99 above 500 ms: a deployment under way goes back",
                    route.metric_p99_latency_seconds(),
                    0.5,
                ),
            )
        ]
