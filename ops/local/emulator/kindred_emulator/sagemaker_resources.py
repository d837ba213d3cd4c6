"""Resources of SageMaker in templates, made by the local SageMaker that runs beside us."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

from .sagemaker_connection import send
from .sagemaker_properties import feature_additions, feature_group, model_package_group

Properties = dict[str, Any]
Attributes = dict[str, Any]

PACKAGE_GROUP = "AWS::SageMaker::ModelPackageGroup"
FEATURE_GROUP = "AWS::SageMaker::FeatureGroup"
LONGEST_SECONDS = 60.0
POLL_SECONDS = 0.1


def install() -> None:
    """On a thread of their own: what makes a feature group calls us in turn."""
    provisioners._RESOURCE_HANDLERS[PACKAGE_GROUP] = {
        "create": _create_package_group,
        "update": _update_package_group,
        "delete": _delete_package_group,
    }
    provisioners._RESOURCE_HANDLERS[FEATURE_GROUP] = {
        "create": _create_feature_group,
        "update": _update_feature_group,
        "delete": _delete_feature_group,
    }
    blocks = stacks._runs_on_worker_thread
    ours = (PACKAGE_GROUP, FEATURE_GROUP)
    stacks._runs_on_worker_thread = lambda name: name in ours or blocks(name)


def call_sagemaker(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """An operation of the local SageMaker. Raises ValueError with its refusal."""
    target = {"x-amz-target": f"SageMaker.{operation}"}
    status, _, body = send("POST", "/", target, json.dumps(parameters).encode())
    content: dict[str, Any] = json.loads(body or b"{}")
    if status >= HTTPStatus.BAD_REQUEST:
        raise ValueError(f"{content['__type']}: {content['message']}")
    return content


def _create_package_group(_: str, properties: Properties, __: str) -> tuple[str, Attributes]:
    call_sagemaker("CreateModelPackageGroup", model_package_group(properties))
    return _described_package_group(properties["ModelPackageGroupName"])


def _update_package_group(
    _: str, old: Properties, new: Properties, *__: Any
) -> tuple[str, Attributes]:
    """Only tags and policies can change, which nobody reads here."""
    if model_package_group(old) | {"Tags": []} != model_package_group(new) | {"Tags": []}:
        raise ValueError(f"{PACKAGE_GROUP}: a change of name or description replaces the group")
    return _described_package_group(new["ModelPackageGroupName"])


def _delete_package_group(_: str, properties: Properties) -> None:
    name = {"ModelPackageGroupName": properties["ModelPackageGroupName"]}
    call_sagemaker("DeleteModelPackageGroup", name)


def _described_package_group(name: str) -> tuple[str, Attributes]:
    group = call_sagemaker("DescribeModelPackageGroup", {"ModelPackageGroupName": name})
    arn = group["ModelPackageGroupArn"]
    return arn, {
        "ModelPackageGroupArn": arn,
        "ModelPackageGroupStatus": group["ModelPackageGroupStatus"],
        "CreationTime": str(group["CreationTime"]),
    }


def _create_feature_group(_: str, properties: Properties, __: str) -> tuple[str, Attributes]:
    call_sagemaker("CreateFeatureGroup", feature_group(properties))
    return _settled_feature_group(properties["FeatureGroupName"])


def _update_feature_group(
    name: str, old: Properties, new: Properties, *_: Any
) -> tuple[str, Attributes]:
    additions = feature_additions(old, new)
    if additions:
        given = {"FeatureGroupName": name, "FeatureAdditions": additions}
        call_sagemaker("UpdateFeatureGroup", given)
    return _settled_feature_group(name)


def _delete_feature_group(name: str, _: Properties) -> None:
    call_sagemaker("DeleteFeatureGroup", {"FeatureGroupName": name})


def _settled_feature_group(name: str) -> tuple[str, Attributes]:
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        group = call_sagemaker("DescribeFeatureGroup", {"FeatureGroupName": name})
        status = group["FeatureGroupStatus"]
        updating = (group.get("LastUpdateStatus") or {}).get("Status") == "InProgress"
        if status == "Created" and not updating:
            made = str(group["CreationTime"])
            return name, {"FeatureGroupStatus": status, "CreationTime": made}
        if status == "CreateFailed":
            raise ValueError(f"{FEATURE_GROUP} {name}: {group.get('FailureReason')}")
        time.sleep(POLL_SECONDS)
    raise ValueError(f"{FEATURE_GROUP} {name}: still {status} after {LONGEST_SECONDS:g} s")
