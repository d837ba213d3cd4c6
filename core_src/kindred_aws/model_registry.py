"""Model packages: registered by a run, approved or rejected once, found again by the run's id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient

Approval = Literal["Approved", "Rejected", "PendingManualApproval"]
_JSON = ["application/json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPackage:
    """`lineage` goes with the package as it is: at most 50 entries, of 256 characters."""

    run_id: str
    description: str
    image_uri: str
    model_data_url: str
    evaluation_url: str
    lineage: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRegistry:
    client: SageMakerClient
    group: str

    def register(self, package: NewPackage) -> str:
        """The package's ARN, pending approval. Registering a run again gives the same one."""
        answer = self.client.create_model_package(
            ModelPackageGroupName=self.group,
            ModelPackageDescription=_one_line(package.description),
            ModelApprovalStatus="PendingManualApproval",
            ClientToken=_token(self.group, package),
            InferenceSpecification={
                "Containers": [
                    {"Image": package.image_uri, "ModelDataUrl": package.model_data_url}
                ],
                "SupportedContentTypes": _JSON,
                "SupportedResponseMIMETypes": _JSON,
            },
            ModelMetrics={
                "ModelQuality": {
                    "Statistics": {
                        "ContentType": "application/json",
                        "S3Uri": package.evaluation_url,
                    }
                }
            },
            CustomerMetadataProperties={
                name: value[:256] for name, value in package.lineage.items() if value
            },
        )
        return answer["ModelPackageArn"]

    def decide(self, arn: str, approval: Approval, *, reason: str) -> bool:
        """Whether anything changed: a package that already is so is left alone."""
        package = self.client.describe_model_package(ModelPackageName=arn)
        if package.get("ModelApprovalStatus") == approval:
            return False
        self.client.update_model_package(
            ModelPackageArn=arn,
            ModelApprovalStatus=approval,
            ApprovalDescription=_one_line(reason),
        )
        return True

    def lineage(self, arn: str) -> dict[str, str]:
        package = self.client.describe_model_package(ModelPackageName=arn)
        return dict(package.get("CustomerMetadataProperties", {}))

    def approved(self) -> list[str]:
        """The ARNs of the group's approved packages, newest first."""
        pages = self.client.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self.group,
            ModelApprovalStatus="Approved",
            SortBy="CreationTime",
            SortOrder="Descending",
        )
        return [
            package["ModelPackageArn"]
            for page in pages
            for package in page["ModelPackageSummaryList"]
        ]


def _one_line(text: str) -> str:
    """The registry refuses more than one line, and more than 1,024 characters."""
    return " ".join(text.split())[:1024]


def _token(group: str, package: NewPackage) -> str:
    """SageMaker answers a repeated token with the package that it made the first time."""
    content = json.dumps([group, package.run_id, package.model_data_url])
    return hashlib.sha256(content.encode()).hexdigest()[:36]
