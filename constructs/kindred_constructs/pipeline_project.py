"""One step of the pipeline: a build specification of the repository, run by CodeBuild."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.bootstrap_roles import bootstrap_role_arns
from kindred_constructs.grants import allow

SPECIFICATIONS = "delivery"


class Builder(Enum):
    """The processor that a step runs on; images are built on their own, never emulated."""

    AMD64 = "amd64"
    ARM64 = "arm64"

    @property
    def image(self) -> codebuild.IBuildImage:
        if self is Builder.ARM64:
            return codebuild.LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0
        return codebuild.LinuxBuildImage.AMAZON_LINUX_2023_5


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where projects take their inputs from and leave their results, and the key of both."""

    artefacts: s3.IBucket
    key: kms.IKey

    def grant_hand_over(self, role: iam.Role) -> None:
        """Take what another step left, and leave something for the next."""
        artefacts = self.artefacts
        allow(
            role,
            [artefacts.arn_for_objects("*")],
            *("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
        )
        allow(
            role,
            [artefacts.bucket_arn],
            *("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"),
        )
        self.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")


class PipelineProject(codebuild.PipelineProject):
    """`specification` is a file in `delivery/`. With `docker` it may build and run images."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        specification: str,
        workplace: Workplace,
        timeout: cdk.Duration,
        builder: Builder = Builder.AMD64,
        compute: codebuild.ComputeType = codebuild.ComputeType.MEDIUM,
        docker: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        log_group = logs.LogGroup(scope, f"{construct_id}Log", encryption_key=workplace.key)
        self.step_role = _role(scope, f"{construct_id}Role", workplace, log_group)
        super().__init__(
            scope,
            construct_id,
            # What the library would add of itself is for any bucket's and any log's reader.
            role=self.step_role.without_policy_updates(),
            build_spec=codebuild.BuildSpec.from_source_filename(
                f"{SPECIFICATIONS}/{specification}.yml"
            ),
            encryption_key=workplace.key,
            environment=codebuild.BuildEnvironment(
                build_image=builder.image, compute_type=compute, privileged=docker
            ),
            environment_variables={
                name: codebuild.BuildEnvironmentVariable(value=value)
                for name, value in (variables or {}).items()
            },
            cache=codebuild.Cache.local(codebuild.LocalCacheMode.DOCKER_LAYER) if docker else None,
            logging=codebuild.LoggingOptions(
                cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=log_group)
            ),
            # Reports of tests are in the log; groups of them would need wildcards.
            grant_report_group_permissions=False,
            timeout=timeout,
        )

    def allow_bootstrap_roles(self, *kinds: str, accounts: Sequence[str]) -> None:
        """Act in environments as the roles that `cdk bootstrap` made there, and as nothing else."""
        allow(self.step_role, bootstrap_role_arns(*kinds, accounts=accounts), "sts:AssumeRole")


def _role(
    scope: Construct, construct_id: str, workplace: Workplace, log_group: logs.LogGroup
) -> iam.Role:
    """Takes inputs, leaves results, writes its log."""
    role = iam.Role(
        scope,
        construct_id,
        description="A step of the delivery pipeline",
        assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"),
    )
    workplace.grant_hand_over(role)
    log_group.grant_write(role)
    return role
