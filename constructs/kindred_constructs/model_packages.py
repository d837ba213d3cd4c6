"""The registry of models: every one that was trained, and whether it may serve."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from kindred_constructs.grants import allow


class ModelPackages(Construct):
    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, removal_policy: cdk.RemovalPolicy
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        group = sagemaker.CfnModelPackageGroup(
            self,
            "Resource",
            model_package_group_name=name,
            model_package_group_description="Embedding models, with their figures and lineage",
        )
        group.apply_removal_policy(removal_policy)

    def grant_read(self, grantee: iam.IGrantable) -> None:
        allow(grantee, [self._packages()], "sagemaker:DescribeModelPackage")

    def grant_register(self, grantee: iam.IGrantable) -> None:
        allow(grantee, [self._group(), self._packages()], "sagemaker:CreateModelPackage")
        self.grant_read(grantee)

    def grant_decide(self, grantee: iam.IGrantable) -> None:
        """Say whether a model may serve."""
        allow(grantee, [self._packages()], "sagemaker:UpdateModelPackage")
        self.grant_read(grantee)

    def grant_list(self, grantee: iam.IGrantable) -> None:
        """It takes no resource."""
        allow(grantee, ["*"], "sagemaker:ListModelPackages")

    def _group(self) -> str:
        return cdk.Stack.of(self).format_arn(
            service="sagemaker", resource="model-package-group", resource_name=self.name
        )

    def _packages(self) -> str:
        return cdk.Stack.of(self).format_arn(
            service="sagemaker", resource="model-package", resource_name=f"{self.name}/*"
        )
