"""Which permissions a call on SageMaker or its autoscaling needs, and on which ARNs. Pure.

Sources: Service Authorization Reference, Amazon SageMaker and AWS Application Auto Scaling;
Application Auto Scaling user guide, "Permissions for target services".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

PREFIXES = {"SageMaker": "sagemaker", "AnyScaleFrontendService": "application-autoscaling"}
# Operations that are told by their path: method, path, name.
PATHS = (
    ("POST", re.compile(r"/endpoints/([^/]+)/invocations"), "InvokeEndpoint"),
    ("PUT", re.compile(r"/FeatureGroup/([^/]+)"), "PutRecord"),
    ("GET", re.compile(r"/FeatureGroup/([^/]+)"), "GetRecord"),
    ("DELETE", re.compile(r"/FeatureGroup/([^/]+)"), "DeleteRecord"),
    ("POST", re.compile(r"/BatchGetRecord"), "BatchGetRecord"),
)
# Each field of a request that names a resource, with the resource's kind.
RESOURCE_FIELDS = {
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "ModelPackageName": "model-package",
    "ModelPackageArn": "model-package",
    "ModelPackageGroupName": "model-package-group",
    "TrainingJobName": "training-job",
    "TransformJobName": "transform-job",
    "FeatureGroupName": "feature-group",
    "ResourceArn": "",
}
# Of these, AWS looks at the job alone, though they name a model or a training job too.
FIRST_ONLY = {"CreateTransformJob": "TransformJobName"}
WITHOUT_RESOURCE = re.compile(r"(List(?!Tags)|Search)\w*")
PASSED_ROLES = ("ExecutionRoleArn", "RoleArn")
SCALED = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
# What Application Auto Scaling does with its caller's rights, as it documents it.
FORWARDED = {
    "RegisterScalableTarget": ("sagemaker:DescribeEndpoint",),
    "PutScalingPolicy": ("cloudwatch:PutMetricAlarm",),
    "DeleteScalingPolicy": ("cloudwatch:DeleteAlarms",),
    "DeregisterScalableTarget": ("cloudwatch:DeleteAlarms",),
}


class NotUnderstood(Exception):
    """A request that is none of SageMaker's, or whose body is no JSON object."""


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that the caller must have."""

    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict)


def needs(
    method: str, path: str, target: str, body: bytes, *, region: str, account: str
) -> list[Need]:
    """All of them, the operation's own first. Raises NotUnderstood."""
    if not target:
        return _by_path(method, path, body, f"arn:aws:sagemaker:{region}:{account}:")
    prefix, _, operation = target.partition(".")
    service = PREFIXES.get(prefix)
    if service is None:
        raise NotUnderstood(f"no service of {target}")
    request = _parsed(body)
    if service == "application-autoscaling":
        return _of_scaling(operation, request, region=region, account=account)
    return _of_sagemaker(operation, request, f"arn:aws:sagemaker:{region}:{account}:")


def _by_path(method: str, path: str, body: bytes, arn: str) -> list[Need]:
    for wanted, pattern, operation in PATHS:
        match = pattern.fullmatch(path) if method == wanted else None
        if match is None:
            continue
        action = f"sagemaker:{operation}"
        if operation == "InvokeEndpoint":
            return [Need(action, f"{arn}endpoint/{unquote(match[1])}")]
        if operation != "BatchGetRecord":
            return [Need(action, _arn(arn, "feature-group", unquote(match[1])))]
        groups = [asked["FeatureGroupName"] for asked in _parsed(body).get("Identifiers", [])]
        return [Need(action, _arn(arn, "feature-group", group)) for group in groups]
    raise NotUnderstood(f"no operation {method} {path}")


def _of_sagemaker(operation: str, request: Mapping[str, Any], arn: str) -> list[Need]:
    action = f"sagemaker:{operation}"
    if WITHOUT_RESOURCE.fullmatch(operation):
        return [Need(action, "*")]
    resources = [
        _arn(arn, kind, str(request[name]))
        for name, kind in RESOURCE_FIELDS.items()
        if name in request and FIRST_ONLY.get(operation, name) == name
    ]
    if operation == "CreateModelPackage" and "ModelPackageGroupName" in request:
        # The new version's ARN is not known yet: a grant must cover every version.
        resources.append(f"{arn}model-package/{request['ModelPackageGroupName']}/*")
    found = [Need(action, resource) for resource in resources] or [Need(action, "*")]
    if operation.startswith("Create") and request.get("Tags"):
        found += [Need("sagemaker:AddTags", resource) for resource in resources[:1]]
    passed = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    roles = [str(request[name]) for name in PASSED_ROLES if name in request]
    return found + [Need("iam:PassRole", role, passed) for role in roles]


def _of_scaling(
    operation: str, request: Mapping[str, Any], *, region: str, account: str
) -> list[Need]:
    """Policies name no single target: its id is made when it is registered."""
    context = {
        "application-autoscaling:service-namespace": request.get("ServiceNamespace", ""),
        "application-autoscaling:scalable-dimension": request.get("ScalableDimension", ""),
    }
    own = f"arn:aws:application-autoscaling:{region}:{account}:scalable-target/*"
    described = operation.startswith("Describe")
    found = [Need(f"application-autoscaling:{operation}", "*" if described else own, context)]
    match = SCALED.fullmatch(str(request.get("ResourceId", "")))
    for action in FORWARDED.get(operation, ()) if match else ():
        assert match
        resource = (
            f"arn:aws:sagemaker:{region}:{account}:endpoint/{match[1]}"
            if action.startswith("sagemaker:")
            else f"arn:aws:cloudwatch:{region}:{account}:alarm:TargetTracking-{match[0]}-AlarmHigh"
        )
        found.append(Need(action, resource))
    return found


def _arn(prefix: str, kind: str, name: str) -> str:
    """A field may hold a name or an ARN already; feature groups' ARNs are in lower case."""
    if name.startswith("arn:"):
        return name
    return f"{prefix}{kind}/{name.lower() if kind == 'feature-group' else name}"


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError as error:
        raise NotUnderstood(f"the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise NotUnderstood("the body is not a JSON object")
    return content
