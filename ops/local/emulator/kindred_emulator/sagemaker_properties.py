"""Properties of SageMaker's resources in templates as parameters of its operations. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FEATURE_GROUP_MEMBERS = (
    "FeatureGroupName",
    "RecordIdentifierFeatureName",
    "EventTimeFeatureName",
    "FeatureDefinitions",
    "OnlineStoreConfig",
    "OfflineStoreConfig",
    "ThroughputConfig",
    "RoleArn",
    "Description",
    "Tags",
)
FLAGS = ("EnableOnlineStore", "DisableGlueTableCreation")


def model_package_group(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Of CreateModelPackageGroup."""
    members = ("ModelPackageGroupName", "ModelPackageGroupDescription", "Tags")
    return {name: properties[name] for name in members if name in properties}


def feature_group(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Of CreateFeatureGroup."""
    given = {name: properties[name] for name in FEATURE_GROUP_MEMBERS if name in properties}
    return {name: _with_flags(value) for name, value in given.items()}


def feature_additions(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Features that an update adds. Raises ValueError when it changes anything else."""
    before, after = feature_group(old), feature_group(new)
    known, wanted = before.pop("FeatureDefinitions"), after.pop("FeatureDefinitions")
    kept = wanted[: len(known)] == known
    for properties in (before, after):
        properties.pop("Tags", None)
    if before != after or not kept:
        raise ValueError("a feature group can gain features; any other change replaces it")
    return list(wanted[len(known) :])


def _with_flags(value: Any) -> Any:
    """A template may spell what is true or false as a word."""
    if not isinstance(value, dict):
        return value
    return {
        name: str(held).lower() == "true" if name in FLAGS else _with_flags(held)
        for name, held in value.items()
    }
