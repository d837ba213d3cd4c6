"""The SageMaker endpoints of an environment: their names, their role, and who may change which.

CloudFormation never makes an endpoint: what it serves, and with which weights, is decided by the
control plane. What the template has is the role that models run under, and their place in the VPC.
"""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs.closed_group import closed_group
from kindred_constructs.grants import allow
from kindred_constructs.model_role import ModelRole
from kindred_constructs.training_bucket import TrainingBucket

STAGING = "staging"
_SERVICE = "sagemaker.amazonaws.com"
_SCALING = "sagemaker.application-autoscaling.amazonaws.com"


class ModelEndpoints(Construct):
    """`names` are short: on SageMaker each endpoint is called `prefix` and its name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        names: Sequence[str],
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        training: TrainingBucket,
        key: kms.IKey,
        log_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.prefix = prefix
        self.names = tuple(names)
        self.subnet_ids = vpc.select_subnets(subnet_type=subnets.subnet_type).subnet_ids
        self.key = key
        self.role = ModelRole(self, "Role", prefix=prefix, training=training, key=key)
        self.security_group = closed_group(
            self, vpc, "Model containers: entered by nobody, leave for AWS"
        )
        for name in (*names, STAGING):
            # SageMaker would create it itself, kept for ever and without our key.
            log_group = logs.LogGroup(
                self,
                f"{name.title().replace('-', '')}Log",
                log_group_name=f"/aws/sagemaker/Endpoints/{prefix}{name}",
                encryption_key=log_key,
            )
            log_group.grant_write(self.role)

    def placement(self) -> dict[str, str]:
        """How functions that make endpoints are told where these belong."""
        return {
            "EXECUTION_ROLE_ARN": self.role.role_arn,
            "DATA_KEY_ARN": self.key.key_arn,
            "SUBNET_IDS": cdk.Fn.join(",", self.subnet_ids),
            "SECURITY_GROUP_IDS": self.security_group.security_group_id,
        }

    def grant_invoke(self, grantee: iam.IGrantable, name: str) -> None:
        allow(grantee, [self._arn("endpoint", name)], "sagemaker:InvokeEndpoint")

    def grant_describe(self, grantee: iam.IGrantable, *names: str) -> None:
        allow(grantee, self._arns("endpoint", names), "sagemaker:DescribeEndpoint")
        allow(grantee, self._own("endpoint-config", names), "sagemaker:DescribeEndpointConfig")

    def grant_create(self, grantee: iam.IGrantable, *names: str) -> None:
        """These endpoints and no others, with models and configurations named after them."""
        self.grant_describe(grantee, *names)
        configurations = self._own("endpoint-config", names)
        allow(
            grantee, [*self._arns("endpoint", names), *configurations], "sagemaker:CreateEndpoint"
        )
        allow(grantee, configurations, "sagemaker:CreateEndpointConfig")
        allow(
            grantee,
            self._own("model", names),
            *("sagemaker:CreateModel", "sagemaker:DescribeModel"),
        )
        allow(
            grantee,
            [self.role.role_arn],
            "iam:PassRole",
            conditions={"StringEquals": {"iam:PassedToService": _SERVICE}},
        )
        # By such a grant the instances' volumes are encrypted.
        allow(
            grantee,
            [self.key.key_arn],
            "kms:CreateGrant",
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )

    def grant_delete(self, grantee: iam.IGrantable, *names: str) -> None:
        self.grant_describe(grantee, *names)
        allow(grantee, self._arns("endpoint", names), "sagemaker:DeleteEndpoint")
        allow(grantee, self._own("endpoint-config", names), "sagemaker:DeleteEndpointConfig")
        allow(grantee, self._own("model", names), "sagemaker:DeleteModel")

    def grant_shift(self, grantee: iam.IGrantable, *names: str) -> None:
        """Of what these endpoints serve, and with which weights."""
        endpoints = self._arns("endpoint", names)
        allow(
            grantee,
            [*endpoints, *self._own("endpoint-config", names)],
            "sagemaker:UpdateEndpoint",
        )
        allow(grantee, endpoints, "sagemaker:UpdateEndpointWeightsAndCapacities")

    def grant_transform(self, grantee: iam.IGrantable, *names: str) -> None:
        """Batch jobs of this prefix, by the models of these endpoints."""
        self.grant_describe(grantee, *names)
        allow(
            grantee,
            [self._arn("transform-job", "*")],
            "sagemaker:CreateTransformJob",
            "sagemaker:DescribeTransformJob",
        )
        allow(grantee, self._own("model", names), "sagemaker:DescribeModel")

    def grant_scale(self, grantee: iam.IGrantable, *names: str) -> None:
        """Target tracking of these endpoints' variants, and the alarms that it keeps for them."""
        stack = cdk.Stack.of(self)
        allow(
            grantee,
            [stack.format_arn(service="application-autoscaling", resource="scalable-target/*")],
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:RegisterScalableTarget",
            conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
        )
        # Neither takes a resource.
        allow(
            grantee,
            ["*"],
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
        )
        allow(
            grantee,
            [self._alarm_arn(f"TargetTracking-endpoint/{self.prefix}{name}/*") for name in names],
            "cloudwatch:DeleteAlarms",
            "cloudwatch:PutMetricAlarm",
        )
        role = (
            f"aws-service-role/{_SCALING}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        )
        allow(
            grantee,
            [stack.format_arn(service="iam", region="", resource="role", resource_name=role)],
            "iam:CreateServiceLinkedRole",
            conditions={"StringEquals": {"iam:AWSServiceName": _SCALING}},
        )

    def _alarm_arn(self, name: str) -> str:
        return cdk.Stack.of(self).format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    def _arns(self, kind: str, names: Sequence[str]) -> list[str]:
        return [self._arn(kind, name) for name in names]

    def _own(self, kind: str, names: Sequence[str]) -> list[str]:
        """What the control plane and retraining name after an endpoint, each by its own."""
        return [self._arn(kind, f"{name}-*") for name in names]

    def _arn(self, kind: str, name: str) -> str:
        return cdk.Stack.of(self).format_arn(
            service="sagemaker", resource=kind, resource_name=f"{self.prefix}{name}"
        )
