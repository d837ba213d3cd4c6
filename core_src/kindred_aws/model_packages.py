"""What the model registry says of a package: whether it may serve, and what it holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.type_defs import ModelPackageContainerDefinitionOutputTypeDef


class PackageNotFound(LookupError):
    """No package has this ARN, or it is another group's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage:
    """`approval` is SageMaker's: Approved, Rejected or PendingManualApproval.

    `digest` is the SHA-256 of the containers' images and model data, each by what names its
    content best: an image's digest before its tag, data's ETag before their URL. So the same model
    registered once more keeps its digest.
    """

    approval: str
    digest: str


class ModelPackages:
    """Of one group."""

    def __init__(self, client: SageMakerClient, *, group: str) -> None:
        self._client = client
        self._group = group

    def describe(self, package_arn: str) -> ModelPackage:
        """Raises PackageNotFound."""
        allowed = f"allowed one of the group {self._group}"
        # `…:model-package/<group>/<version>`: the role may read no other group's.
        if package_arn.split("/")[1:-1] != [self._group]:
            raise PackageNotFound(f"given {package_arn}, {allowed}")
        try:
            found = self._client.describe_model_package(ModelPackageName=package_arn)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound"):
                raise PackageNotFound(f"given {package_arn}, which is not there; {allowed}") from (
                    error
                )
            raise
        containers = found.get("InferenceSpecification", {}).get("Containers", [])
        named = "\n".join(_content(container) for container in containers)
        return ModelPackage(
            approval=found.get("ModelApprovalStatus", "PendingManualApproval"),
            digest=hashlib.sha256(named.encode()).hexdigest(),
        )


def _content(container: ModelPackageContainerDefinitionOutputTypeDef) -> str:
    image = container.get("ImageDigest") or container.get("Image", "")
    return f"{image} {container.get('ModelDataETag') or container.get('ModelDataUrl', '')}"
