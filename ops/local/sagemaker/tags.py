"""Tags of every kind of resource, by ARN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.local.sagemaker.operation import Operation


class Tags:
    """A part of its own, which other parts write to when they create something."""

    def __init__(self) -> None:
        self._by_arn: dict[str, dict[str, str]] = {}

    def put(self, arn: str, tags: list[dict[str, str]]) -> None:
        held = self._by_arn.setdefault(arn, {})
        held |= {tag["Key"]: tag["Value"] for tag in tags}

    def forget(self, arn: str) -> None:
        self._by_arn.pop(arn, None)

    def of(self, arn: str) -> dict[str, str]:
        return dict(self._by_arn.get(arn, {}))

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        return {
            ("sagemaker", "AddTags"): self._add,
            ("sagemaker", "ListTags"): self._list,
            ("sagemaker", "DeleteTags"): self._delete,
        }

    def advance(self) -> None:
        """Tags wait for nothing."""

    def _add(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self.put(asked["ResourceArn"], asked["Tags"])
        return self._list(asked)

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        held = self.of(asked["ResourceArn"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in held.items()]}

    def _delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        for key in asked["TagKeys"]:
            self._by_arn.get(asked["ResourceArn"], {}).pop(key, None)
        return {}
