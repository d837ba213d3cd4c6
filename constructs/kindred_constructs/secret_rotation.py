"""A secret that Secrets Manager has a function change, and who is told when that fails."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.alarm_topics import AlarmTopics
from kindred_constructs.operator_alarm import OperatorAlarm, Severity
from kindred_constructs.python_function import PythonFunction


def grant_new_versions(grantee: iam.IGrantable, *, secret_arn: str, key: kms.IKey) -> None:
    """What a rotation does to its secret.

    The L2's own grants would write the grantee into the policy of the key.
    """
    iam.Grant.add_to_principal(
        grantee=grantee,
        actions=[
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        ],
        resource_arns=[secret_arn],
    )
    key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")


class SecretRotation(Construct):
    """Every `days`, and with the first deployment, too, where it is what makes the secret good.

    Secrets Manager tries a step that failed again, and leaves the secret as it is until one works.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secret_arn: str,
        function: PythonFunction,
        alarms: AlarmTopics,
        days: int,
        first_with_deployment: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        admitted = lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=function.function.function_arn,
            principal="secretsmanager.amazonaws.com",
            source_arn=secret_arn,
        )
        # "Default" leaves the schedule the logical id of this construct: a schedule that is
        # replaced ends the rotation when the old one is deleted.
        schedule = secretsmanager.CfnRotationSchedule(
            self,
            "Default",
            secret_id=secret_arn,
            rotation_lambda_arn=function.function.function_arn,
            rotate_immediately_on_update=first_with_deployment,
            rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
                schedule_expression=f"rate({days} days)"
            ),
        )
        # Secrets Manager calls the function when it is given one, and that may need all it has.
        schedule.node.add_dependency(admitted, function)
        alarms.hear(self._failed(function))

    def _failed(self, function: PythonFunction) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            "Failed",
            happened=f"A step of {function.node.id} failed",
            runbook="rotation-failed",
            severity=Severity.WARNING,
            metric=function.function.metric_errors(period=cdk.Duration.minutes(5), statistic="Sum"),
            threshold=0,
        )
