"""An environment's figures, as the constructs of a service take them."""

from __future__ import annotations

import aws_cdk as cdk

from kindred_constructs.experiments_service import OptionalParts
from kindred_constructs.fargate_service import RequestLogs, ServicePlan, TrafficShift
from kindred_constructs.service_scaling import DailyPeak, ScalingPlan
from kindred_constructs.task_definition import TaskShape
from stacks.deployment import ServiceDeployment, ServiceName
from stacks.environment import Environment
from stacks.integrations import Integrations
from stacks.sizes import Autoscaling, Peak, TaskSizes


def service_plan(service: ServiceName, environment: Environment) -> ServicePlan:
    tasks: TaskSizes = getattr(environment.sizes.services, service)
    return ServicePlan(
        shape=TaskShape(cpu=tasks.cpu, memory_mib=tasks.memory_mib, arm=environment.image.is_arm),
        scaling=_scaling(tasks, environment.sizes.autoscaling),
        shift=_shift(environment.deployment.of(service)),
        logs=RequestLogs(
            sample_percent=environment.logs.sample_percent, slow_ms=environment.logs.slow_ms
        ),
    )


def optional_parts(given: Integrations) -> OptionalParts:
    """As the service's environment names them."""
    settings: dict[str, str] = {}
    secret_arns: dict[str, str] = {}
    if given.slack:
        secret_arns["SLACK_BOT_TOKEN"] = given.slack.secret_arn
        settings["SLACK_CHANNEL"] = given.slack.channel
    if given.email:
        secret_arns["SENDGRID_API_KEY"] = given.email.secret_arn
        settings |= {"EMAIL_TO": given.email.recipient, "EMAIL_FROM": given.email.sender}
    if given.assistant:
        secret_arns["ANTHROPIC_API_KEY"] = given.assistant.secret_arn
    return OptionalParts(settings=settings, secret_arns=secret_arns)


def _scaling(tasks: TaskSizes, autoscaling: Autoscaling) -> ScalingPlan:
    return ScalingPlan(
        min_tasks=tasks.min_tasks,
        max_tasks=tasks.max_tasks,
        cpu_percent=autoscaling.cpu_percent,
        memory_percent=autoscaling.memory_percent,
        requests_per_task_per_second=autoscaling.requests_per_task_per_second,
        scale_out_cooldown=cdk.Duration.seconds(autoscaling.scale_out_cooldown_seconds),
        scale_in_cooldown=cdk.Duration.seconds(autoscaling.scale_in_cooldown_seconds),
        peak=_daily(autoscaling.peak, tasks) if autoscaling.peak else None,
    )


def _shift(deployment: ServiceDeployment) -> TrafficShift | None:
    steps = {
        "canary": (deployment.canary_percent, deployment.canary_bake_minutes),
        "linear": (deployment.linear_percent, deployment.linear_bake_minutes),
        "blue_green": (100, 0),
    }
    if deployment.strategy == "rolling":
        return None
    percent, bake_minutes = steps[deployment.strategy]
    return TrafficShift(
        strategy=deployment.strategy,
        step_percent=percent,
        step_bake=cdk.Duration.minutes(bake_minutes),
        old_tasks_kept=cdk.Duration.minutes(deployment.old_tasks_kept_minutes),
    )


def _daily(peak: Peak, tasks: TaskSizes) -> DailyPeak:
    return DailyPeak(
        starts_hour=(peak.starts_hour - peak.lead_hours) % 24,
        ends_hour=peak.ends_hour,
        time_zone=peak.time_zone,
        min_tasks=tasks.peak_min_tasks,
    )
