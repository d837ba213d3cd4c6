"""How many tasks a service runs: by load, and ahead of the day's peak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_ecs as ecs
from constructs import Construct


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyPeak:
    """Hours of the day in `time_zone` between which at least `min_tasks` run."""

    starts_hour: int
    ends_hour: int
    time_zone: str
    min_tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPlan:
    min_tasks: int
    max_tasks: int
    cpu_percent: int
    memory_percent: int
    requests_per_task_per_second: int | None
    scale_out_cooldown: cdk.Duration
    scale_in_cooldown: cdk.Duration
    peak: DailyPeak | None


class ServiceScaling(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: ecs.FargateService,
        target_groups: Sequence[Mapping[str, str]],
        plan: ScalingPlan,
    ) -> None:
        super().__init__(scope, construct_id)
        self._plan = plan
        self._tasks = service.auto_scale_task_count(
            min_capacity=plan.min_tasks, max_capacity=plan.max_tasks
        )
        self._tasks.scale_on_cpu_utilization(
            "Cpu",
            target_utilization_percent=plan.cpu_percent,
            scale_out_cooldown=plan.scale_out_cooldown,
            scale_in_cooldown=plan.scale_in_cooldown,
        )
        self._tasks.scale_on_memory_utilization(
            "Memory",
            target_utilization_percent=plan.memory_percent,
            scale_out_cooldown=plan.scale_out_cooldown,
            scale_in_cooldown=plan.scale_in_cooldown,
        )
        if plan.requests_per_task_per_second:
            self._follow_requests(service, target_groups, plan.requests_per_task_per_second)
        if plan.peak:
            self._raise_for(plan.peak)

    def more_tasks(self, construct_id: str, count: int) -> autoscaling.StepScalingAction:
        """What an alarm may do beside telling; the targets that are followed take tasks back."""
        action = autoscaling.StepScalingAction(
            self,
            construct_id,
            scaling_target=self._scalable_target(),
            adjustment_type=autoscaling.AdjustmentType.CHANGE_IN_CAPACITY,
            cooldown=self._plan.scale_out_cooldown,
        )
        action.add_adjustment(adjustment=count, lower_bound=0)
        return action

    def _scalable_target(self) -> autoscaling.ScalableTarget:
        scalable_target = self._tasks.node.find_child("Target")
        assert isinstance(scalable_target, autoscaling.ScalableTarget)
        return scalable_target

    def _raise_for(self, peak: DailyPeak) -> None:
        zone = cdk.TimeZone.of(peak.time_zone)
        for name, hour, floor in (
            ("PeakStarts", peak.starts_hour, peak.min_tasks),
            ("PeakEnds", peak.ends_hour, self._plan.min_tasks),
        ):
            self._tasks.scale_on_schedule(
                name,
                schedule=autoscaling.Schedule.cron(hour=str(hour), minute="0"),
                time_zone=zone,
                min_capacity=floor,
                max_capacity=self._plan.max_tasks,
            )

    def _follow_requests(
        self,
        service: ecs.FargateService,
        target_groups: Sequence[Mapping[str, str]],
        per_second: int,
    ) -> None:
        """Requests a task, over both groups of a canary.

        `ALBRequestCountPerTarget` cannot be used with two groups, and the L2 takes no expression.
        """
        policy = autoscaling.CfnScalingPolicy
        policy(
            self,
            "Requests",
            policy_name=cdk.Names.unique_id(self),
            policy_type="TargetTrackingScaling",
            scaling_target_id=self._scalable_target().scalable_target_id,
            target_tracking_scaling_policy_configuration=policy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=per_second,
                scale_out_cooldown=self._plan.scale_out_cooldown.to_seconds(),
                scale_in_cooldown=self._plan.scale_in_cooldown.to_seconds(),
                customized_metric_specification=policy.CustomizedMetricSpecificationProperty(
                    metrics=_requests_per_task_per_second(service, target_groups)
                ),
            ),
        )


def _requests_per_task_per_second(
    service: ecs.FargateService, target_groups: Sequence[Mapping[str, str]]
) -> list[autoscaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty]:
    counts = [
        _query(f"r{index}", "AWS/ApplicationELB", "RequestCount", "Sum", group)
        for index, group in enumerate(target_groups)
    ]
    names = ",".join(f"r{index}" for index, _ in enumerate(counts))
    dimensions = {
        "ClusterName": service.cluster.cluster_name,
        "ServiceName": service.service_name,
    }
    tasks = _query("tasks", "ECS/ContainerInsights", "RunningTaskCount", "Average", dimensions)
    per_task = autoscaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty(
        id="perTask", expression=f"SUM([{names}])/60/tasks", return_data=True
    )
    return [*counts, tasks, per_task]


def _query(
    query_id: str, namespace: str, name: str, statistic: str, dimensions: Mapping[str, str]
) -> autoscaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty:
    policy = autoscaling.CfnScalingPolicy
    return policy.TargetTrackingMetricDataQueryProperty(
        id=query_id,
        return_data=False,
        metric_stat=policy.TargetTrackingMetricStatProperty(
            stat=statistic,
            metric=policy.TargetTrackingMetricProperty(
                namespace=namespace,
                metric_name=name,
                dimensions=[
                    policy.TargetTrackingMetricDimensionProperty(name=key, value=value)
                    for key, value in dimensions.items()
                ],
            ),
        ),
    )
