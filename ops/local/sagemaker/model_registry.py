"""The model registry: groups of packages, their versions, and who approved which."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ops.local.sagemaker.endpoint_changes import Announce
from ops.local.sagemaker.listing import list_page
from ops.local.sagemaker.names import moment, resource_arn
from ops.local.sagemaker.operation import Operation, Refusal, invalid
from ops.local.sagemaker.package_groups import PackageGroups
from ops.local.sagemaker.tags import Tags

STATE_CHANGE = "SageMaker Model Package State Change"
APPROVED = "Approved"
PENDING = "PendingManualApproval"
NOT_IN_DETAIL = frozenset({"Tags", "ClientToken"})
# What UpdateModelPackage changes as it is given.
REPLACED = ("ModelApprovalStatus", "ApprovalDescription", "SourceUri", "ModelLifeCycle")


class ModelRegistry:
    """Versions count from 1 and never come back. Packages outside of a group are not carried."""

    def __init__(self, clock: Callable[[], float], tags: Tags, announce: Announce) -> None:
        self._clock, self._tags, self._announce = clock, tags, announce
        self._groups = PackageGroups(clock, tags, self.packages_of)
        self._packages: dict[str, dict[str, Any]] = {}
        self._by_token: dict[str, str] = {}
        self._latest: dict[str, int] = {}

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        named = {
            "CreateModelPackage": self._create,
            "DescribeModelPackage": lambda asked: dict(self.package(asked["ModelPackageName"])),
            "BatchDescribeModelPackage": self._describe_several,
            "ListModelPackages": self._list,
            "UpdateModelPackage": self._update,
            "DeleteModelPackage": self._delete,
        }
        own = {("sagemaker", name): operation for name, operation in named.items()}
        return {**own, **self._groups.operations()}

    def advance(self) -> None:
        """A package is checked at once."""

    def packages_of(self, group: str) -> list[dict[str, Any]]:
        """In the shape of DescribeModelPackage, oldest first."""
        return [held for held in self._packages.values() if held["ModelPackageGroupName"] == group]

    def package(self, name: str) -> dict[str, Any]:
        """By ARN, or by `group/version`. Raises Refusal."""
        arn = name if name.startswith("arn:") else resource_arn("model-package", name)
        if arn not in self._packages:
            raise invalid(f"ModelPackage {arn} does not exist.")
        return self._packages[arn]

    def container(self, name: str) -> dict[str, Any]:
        """What a model of this package runs, as AWS lets it only when it is approved.

        In the shape of a model's container. Raises Refusal.
        """
        package = self.package(name)
        if package["ModelApprovalStatus"] != APPROVED:
            raise invalid(
                f"Cannot create a model of {package['ModelPackageArn']}: its approval status is "
                f"{package['ModelApprovalStatus']}, allowed is {APPROVED}"
            )
        containers: list[dict[str, Any]] = package["InferenceSpecification"]["Containers"]
        return dict(containers[0])

    def _create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        token = asked.get("ClientToken")
        if token in self._by_token:
            return {"ModelPackageArn": self._by_token[token]}
        if "ModelPackageGroupName" not in asked:
            raise invalid("the local SageMaker carries packages of a group only")
        group = self._groups.group(asked["ModelPackageGroupName"])["ModelPackageGroupName"]
        if len(asked.get("InferenceSpecification", {}).get("Containers", [])) != 1:
            raise invalid("the local SageMaker carries packages of exactly one container")
        version = self._latest[group] = self._latest.get(group, 0) + 1
        arn = resource_arn("model-package", f"{group}/{version}")
        now = moment(self._clock())
        kept = {name: value for name, value in asked.items() if name not in NOT_IN_DETAIL}
        self._packages[arn] = {
            "CertifyForMarketplace": False,
            "ModelApprovalStatus": PENDING,
            **kept,
            "ModelPackageName": group,
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        self._tags.put(arn, asked.get("Tags", []))
        if token:
            self._by_token[token] = arn
        self._tell(self._packages[arn])
        return {"ModelPackageArn": arn}

    def _describe_several(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        unknown: dict[str, Any] = {}
        for arn in asked["ModelPackageArnList"]:
            try:
                package = self.package(arn)
            except Refusal as refusal:
                unknown[arn] = {"ErrorCode": refusal.code, "ErrorResponse": refusal.message}
            else:
                specification = package["InferenceSpecification"]
                found[arn] = {**_summary(package), "InferenceSpecification": specification}
        return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": unknown}

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if "ModelPackageGroupName" not in asked:
            return {"ModelPackageSummaryList": []}
        group = self._groups.group(asked["ModelPackageGroupName"])["ModelPackageGroupName"]
        status = asked.get("ModelApprovalStatus")
        rows = [
            _summary(package)
            for package in self.packages_of(group)
            if status in (None, package["ModelApprovalStatus"])
        ]
        return list_page(rows, asked, kind="ModelPackage", key="ModelPackageSummaryList")

    def _update(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        package = self.package(asked["ModelPackageArn"])
        changes = {name: asked[name] for name in REPLACED if name in asked}
        properties = {
            **package.get("CustomerMetadataProperties", {}),
            **asked.get("CustomerMetadataProperties", {}),
        }
        for name in asked.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(name, None)
        if properties != package.get("CustomerMetadataProperties", {}):
            changes["CustomerMetadataProperties"] = properties
        package |= changes | {"LastModifiedTime": moment(self._clock())}
        self._tell(package, changed=sorted(changes))
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def _delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        arn = self.package(asked["ModelPackageName"])["ModelPackageArn"]
        del self._packages[arn]
        self._tags.forget(arn)
        return {}

    def _tell(self, package: Mapping[str, Any], *, changed: list[str] | None = None) -> None:
        """The whole description, with its moments as text.

        Source: Amazon SageMaker Developer Guide, "Events that Amazon SageMaker AI sends".
        """
        detail = json.loads(json.dumps(package, default=_text))
        if changed is not None:
            detail["UpdatedModelPackageFields"] = changed
        self._announce(STATE_CHANGE, detail, [package["ModelPackageArn"]])


def _summary(package: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "ModelPackageGroupName",
        "ModelPackageVersion",
        "ModelPackageArn",
        "ModelPackageDescription",
        "CreationTime",
        "ModelPackageStatus",
        "ModelApprovalStatus",
    )
    return {name: package[name] for name in names if name in package}


def _text(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")
