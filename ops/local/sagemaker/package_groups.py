"""Groups of model packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops.local.sagemaker.listing import list_page
from ops.local.sagemaker.names import moment, resource_arn
from ops.local.sagemaker.operation import Operation, invalid
from ops.local.sagemaker.tags import Tags


class PackageGroups:
    """The registry's, in the shape of DescribeModelPackageGroup; their policies are kept unread."""

    def __init__(
        self,
        clock: Callable[[], float],
        tags: Tags,
        packages_of: Callable[[str], Sequence[Mapping[str, Any]]],
    ) -> None:
        self._clock, self._tags, self._packages_of = clock, tags, packages_of
        self._groups: dict[str, dict[str, Any]] = {}
        self._policies: dict[str, str] = {}

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        named = {
            "CreateModelPackageGroup": self._create,
            "DescribeModelPackageGroup": lambda asked: dict(
                self.group(asked["ModelPackageGroupName"])
            ),
            "DeleteModelPackageGroup": self._delete,
            "ListModelPackageGroups": self._list,
            "PutModelPackageGroupPolicy": self._put_policy,
            "GetModelPackageGroupPolicy": self._get_policy,
            "DeleteModelPackageGroupPolicy": self._delete_policy,
        }
        return {("sagemaker", name): operation for name, operation in named.items()}

    def group(self, name: str) -> dict[str, Any]:
        """By name or ARN. Raises Refusal."""
        short = name.rpartition("/")[2]
        if short not in self._groups:
            arn = resource_arn("model-package-group", short)
            raise invalid(f"Model Package Group {arn} does not exist.")
        return self._groups[short]

    def _create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = asked["ModelPackageGroupName"]
        arn = resource_arn("model-package-group", name)
        if name in self._groups:
            raise invalid(f"Model Package Group already exists: {arn}")
        kept = {key: value for key, value in asked.items() if key != "Tags"}
        self._groups[name] = {
            **kept,
            "ModelPackageGroupArn": arn,
            "ModelPackageGroupStatus": "Completed",
            "CreationTime": moment(self._clock()),
            "CreatedBy": {},
        }
        self._tags.put(arn, asked.get("Tags", []))
        return {"ModelPackageGroupArn": arn}

    def _delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        group = self.group(asked["ModelPackageGroupName"])
        name = group["ModelPackageGroupName"]
        if self._packages_of(name):
            raise invalid(f"Model Package Group {name} still has model packages: delete them first")
        del self._groups[name]
        self._policies.pop(name, None)
        self._tags.forget(group["ModelPackageGroupArn"])
        return {}

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        fields = (
            "ModelPackageGroupName",
            "ModelPackageGroupArn",
            "ModelPackageGroupDescription",
            "CreationTime",
            "ModelPackageGroupStatus",
        )
        rows = [
            {field: group[field] for field in fields if field in group}
            for group in self._groups.values()
        ]
        return list_page(rows, asked, kind="ModelPackageGroup", key="ModelPackageGroupSummaryList")

    def _put_policy(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        group = self.group(asked["ModelPackageGroupName"])
        self._policies[group["ModelPackageGroupName"]] = asked["ResourcePolicy"]
        return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}

    def _get_policy(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = self.group(asked["ModelPackageGroupName"])["ModelPackageGroupName"]
        if name not in self._policies:
            raise invalid(f"Model Package Group {name} has no resource policy")
        return {"ResourcePolicy": self._policies[name]}

    def _delete_policy(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = self.group(asked["ModelPackageGroupName"])["ModelPackageGroupName"]
        self._policies.pop(name, None)
        return {}
