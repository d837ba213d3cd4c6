"""A Lambda function of ours: its asset, its role without a managed policy, its log, its alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs.closed_group import closed_group
from kindred_constructs.function_bundle import FunctionBundle
from kindred_constructs.grants import allow
from kindred_constructs.operator_alarm import OperatorAlarm, Severity

# Of what services measure, under their environment's name, and of what /inference does.
NAMESPACE = "Kindred"
# Of a function in a VPC. EC2 knows no resource before the interface exists, and its Describe
# actions never do.
_INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
_GROUP = "Function: entered by nobody, leaves for AWS and what admits it"


def functions_namespace(environment_name: str) -> str:
    """Of one environment alone: what functions measure says nothing else of it."""
    return f"{NAMESPACE}/{environment_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRules:
    """What all functions of an environment have in common."""

    environment_name: str
    arm: bool
    log_key: kms.IKey

    @property
    def metrics_namespace(self) -> str:
        return functions_namespace(self.environment_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionNetwork:
    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection


class PythonFunction(Construct):
    """`handler` names a module and function below the asset: `assign.handler`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bundle: FunctionBundle,
        handler: str,
        rules: FunctionRules,
        timeout: cdk.Duration,
        memory_mib: int,
        environment: Mapping[str, str],
        storage_mib: int = 512,
        network: FunctionNetwork | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(self, "Log", encryption_key=rules.log_key)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(self.role)
        if network:
            self.role.add_to_policy(iam.PolicyStatement(actions=list(_INTERFACES), resources=["*"]))
        self.function = lambda_.Function(
            self,
            "Resource",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64 if rules.arm else lambda_.Architecture.X86_64,
            code=self._code(bundle),
            handler=f"{bundle.asset}.{handler}",
            role=self.role,
            timeout=timeout,
            memory_size=memory_mib,
            ephemeral_storage_size=cdk.Size.mebibytes(storage_mib),
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log_group,
            environment={
                "ENVIRONMENT": rules.environment_name,
                "POWERTOOLS_SERVICE_NAME": handler.partition(".")[0],
                "POWERTOOLS_METRICS_NAMESPACE": rules.metrics_namespace,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **environment,
            },
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=[closed_group(self, network.vpc, _GROUP)] if network else None,
        )
        self.errors_alarm = self._errors_alarm()

    def grant_invoke(self, grantee: iam.IGrantable) -> None:
        """The L2's own grant takes in every version and alias."""
        allow(grantee, [self.function.function_arn], "lambda:InvokeFunction")

    def _errors_alarm(self) -> OperatorAlarm:
        return OperatorAlarm(
            self,
            "ErrorsAlarm",
            happened=f"{self.node.id} failed in three of five minutes",
            runbook="function-errors",
            severity=Severity.WARNING,
            metric=self.function.metric_errors(period=cdk.Duration.minutes(1), statistic="Sum"),
            threshold=0,
            evaluation_periods=5,
            datapoints_to_alarm=3,
        )

    def _code(self, bundle: FunctionBundle) -> lambda_.AssetCode:
        """Where bundling is skipped, as in tests, the sources alone under the same hash."""
        bundled = cdk.Stack.of(self).bundling_required
        return lambda_.Code.from_asset(
            str(bundle.folder() if bundled else bundle.sources),
            asset_hash=bundle.digest,
            asset_hash_type=cdk.AssetHashType.CUSTOM,
            exclude=["**/__pycache__"],
        )
