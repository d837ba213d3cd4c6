"""Runs a function by a schedule; where each run counts, again where it fails."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.kept_failures import AGE, KeptFailures
from kindred_constructs.python_function import PythonFunction

EVERY_MINUTE = "rate(1 minute)"


def daily(at: str) -> str:
    """`at` is the time of day in UTC, as in `01:30`."""
    return _cron(at, "* * ? *")


def weekly(day: str, at: str) -> str:
    """`day` as in `SUN`, `at` as for `daily`."""
    return _cron(at, f"? * {day} *")


def monthly(day: int, at: str) -> str:
    """`day` of the month, `at` as for `daily`."""
    return _cron(at, f"{day} * ? *")


class FunctionSchedule(Construct):
    """`expression` is Scheduler's own, in UTC.

    With `dead_letters` a run is tried again for hours, and kept where that is in vain; without, the
    next run does what this one did not.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        expression: str,
        key: kms.IKey,
        dead_letters: DeadLetters | None,
    ) -> None:
        super().__init__(scope, construct_id)
        role = self._role(function)
        if dead_letters:
            dead_letters.grant_send(role)
        resource = scheduler.CfnSchedule(
            self,
            "Resource",
            schedule_expression=expression,
            schedule_expression_timezone="Etc/UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            kms_key_arn=key.key_arn,
            target=_target(function, role, dead_letters),
        )
        key.grant(role, "kms:Decrypt")
        # Scheduler tries its role when it is created.
        resource.node.add_dependency(role)
        if dead_letters:
            KeptFailures(self, "Failures", function=function, dead_letters=dead_letters)

    def _role(self, function: PythonFunction) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        function.grant_invoke(role)
        return role


def _cron(at: str, days: str) -> str:
    hour, minute = (int(part) for part in at.split(":"))
    return f"cron({minute} {hour} {days})"


def _target(
    function: PythonFunction, role: iam.IRole, dead_letters: DeadLetters | None
) -> scheduler.CfnSchedule.TargetProperty:
    schedule = scheduler.CfnSchedule
    return schedule.TargetProperty(
        arn=function.function.function_arn,
        role_arn=role.role_arn,
        input='{"scheduled_at":"<aws.scheduler.scheduled-time>"}',
        dead_letter_config=schedule.DeadLetterConfigProperty(arn=dead_letters.queue.queue_arn)
        if dead_letters
        else None,
        retry_policy=schedule.RetryPolicyProperty(
            maximum_event_age_in_seconds=AGE.to_seconds(), maximum_retry_attempts=10
        )
        if dead_letters
        else schedule.RetryPolicyProperty(
            maximum_event_age_in_seconds=60, maximum_retry_attempts=0
        ),
    )
