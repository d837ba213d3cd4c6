"""What a model's container may do: fetch itself, read its input, write answers and captures."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from kindred_constructs.grants import allow
from kindred_constructs.training_bucket import (
    BATCH_INPUT,
    BATCH_OUTPUT,
    DATA_CAPTURE,
    MODELS,
    TrainingBucket,
)

# A network interface has no name before it exists, and Describe actions never take one.
INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
_NAMESPACES = {"StringLike": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/*"]}}


class ModelRole(iam.Role):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        training: TrainingBucket,
        key: kms.IKey,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description="What SageMaker's endpoints and batch jobs run under",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
        )
        training.grant_read_below(self, MODELS, BATCH_INPUT)
        training.grant_write_below(self, DATA_CAPTURE, BATCH_OUTPUT)
        key.grant(self, "kms:Decrypt", "kms:GenerateDataKey")
        allow_job_logs(self, "TransformJobs", prefix=prefix)
        allow_everywhere(self)


def allow_job_logs(role: iam.Role, kind: str, *, prefix: str) -> None:
    """The log group is the account's, one for all jobs of a kind; a job has streams in it."""
    group = cdk.Stack.of(role).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"/aws/sagemaker/{kind}",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(role, [group, f"{group}:*"], "logs:CreateLogGroup", "logs:DescribeLogStreams")
    streams = f"{group}:log-stream:{prefix}*"
    allow(role, [streams], "logs:CreateLogStream", "logs:PutLogEvents")


def allow_everywhere(role: iam.Role) -> None:
    """Metrics, which have a namespace and no resource, and interfaces in the VPC."""
    allow(role, ["*"], "cloudwatch:PutMetricData", conditions=_NAMESPACES)
    allow(role, ["*"], *INTERFACES)
