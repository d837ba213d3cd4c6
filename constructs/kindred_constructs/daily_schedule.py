"""Runs a function once a day, again where it fails, and keeps what failed for good."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.python_function import PythonFunction

_AGE = cdk.Duration.hours(6)


class DailySchedule(Construct):
    """`at` is the time of day in UTC, as in `01:30`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        at: str,
        dead_letters: DeadLetters,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        hour, minute = (int(part) for part in at.split(":"))
        role = self._role(function)
        dead_letters.grant_send(role)
        resource = scheduler.CfnSchedule(
            self,
            "Resource",
            schedule_expression=f"cron({minute} {hour} * * ? *)",
            schedule_expression_timezone="Etc/UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            kms_key_arn=key.key_arn,
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.function.function_arn,
                role_arn=role.role_arn,
                input='{"scheduled_at":"<aws.scheduler.scheduled-time>"}',
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=dead_letters.queue.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_AGE.to_seconds(), maximum_retry_attempts=10
                ),
            ),
        )
        key.grant(role, "kms:Decrypt")
        # Scheduler tries its role when it is created.
        resource.node.add_dependency(role)
        self._keep_failures(function, dead_letters)

    def _role(self, function: PythonFunction) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        # The grant of the L2 would take in every version and alias.
        iam.Grant.add_to_principal(
            grantee=role,
            actions=["lambda:InvokeFunction"],
            resource_arns=[function.function.function_arn],
        )
        return role

    def _keep_failures(self, function: PythonFunction, dead_letters: DeadLetters) -> None:
        """Scheduler's part ends when Lambda has the event: what then fails is Lambda's to keep."""
        dead_letters.grant_send(function.role)
        configuration = lambda_.CfnEventInvokeConfig
        kept = configuration(
            self,
            "Failures",
            function_name=function.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=_AGE.to_seconds(),
            destination_config=configuration.DestinationConfigProperty(
                on_failure=configuration.OnFailureProperty(destination=dead_letters.queue.queue_arn)
            ),
        )
        kept.node.add_dependency(function.role)
