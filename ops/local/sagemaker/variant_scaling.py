"""Application Auto Scaling of variants: targets and policies, and what a policy asks for.

Nothing scales while an endpoint changes. AWS documents that, and not what it answers to a
registration at such a time: here it is refused, so that nobody comes to rely on it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ops.local.sagemaker.endpoints import Endpoints
from ops.local.sagemaker.names import moment
from ops.local.sagemaker.operation import Operation, Refusal, invalid
from ops.local.sagemaker.variant_targets import ScalableTarget, VariantTargets
from ops.local.settings import ACCOUNT, REGION

SERVICE = "application-autoscaling"
NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
METRIC = "SageMakerVariantInvocationsPerInstance"
RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
LINKED_ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


class VariantScaling:
    """The operations; `autoscaler` acts on what they leave."""

    def __init__(
        self, clock: Callable[[], float], targets: VariantTargets, endpoints: Endpoints
    ) -> None:
        self._clock, self._targets, self._endpoints = clock, targets, endpoints

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        named = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._describe_targets,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
        }
        return {(SERVICE, name): operation for name, operation in named.items()}

    def advance(self) -> None:
        """Only the autoscaler acts by itself."""

    def _register(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, variant = _resource(asked)
        held = self._targets.targets.get(asked["ResourceId"])
        least = asked.get("MinCapacity", held and held.least)
        most = asked.get("MaxCapacity", held and held.most)
        if least is None or most is None:
            raise invalid("MinCapacity and MaxCapacity are required to register a scalable target")
        if least > most:
            raise invalid(f"Maximum capacity {most} cannot be less than minimum capacity {least}")
        try:
            endpoint = self._endpoints.endpoint(name)
        except Refusal as error:
            raise invalid(error.message) from error
        if variant not in endpoint.variants:
            raise invalid(f"Variant {variant} does not exist in {endpoint.arn}")
        if endpoint.status != "InService":
            raise invalid(f"Endpoint {endpoint.arn} is {endpoint.status}: autoscaling is blocked")
        if held is None:
            held = ScalableTarget(name, variant, least, most, LINKED_ROLE, self._clock())
            self._targets.targets[asked["ResourceId"]] = held
        held.least, held.most = least, most
        suspended = asked.get("SuspendedState", {})
        held.suspended |= {key: bool(value) for key, value in suspended.items()}
        return {"ScalableTargetARN": _arn(asked["ResourceId"])}

    def _deregister(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Its policies go with it."""
        self._target(asked)
        del self._targets.targets[asked["ResourceId"]]
        return {}

    def _describe_targets(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        wanted = asked.get("ResourceIds")
        found = [
            {
                "ServiceNamespace": NAMESPACE,
                "ResourceId": resource,
                "ScalableDimension": DIMENSION,
                "MinCapacity": target.least,
                "MaxCapacity": target.most,
                "RoleARN": target.role_arn,
                "CreationTime": moment(target.created_at),
                "SuspendedState": target.suspended,
                "ScalableTargetARN": _arn(resource),
            }
            for resource, target in self._targets.targets.items()
            if wanted is None or resource in wanted
        ]
        return {"ScalableTargets": found if asked["ServiceNamespace"] == NAMESPACE else []}

    def _put_policy(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        target = self._target(asked)
        tracking = asked.get("TargetTrackingScalingPolicyConfiguration")
        if asked.get("PolicyType") != "TargetTrackingScaling" or not tracking:
            raise invalid("the local SageMaker models target tracking only")
        metric = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        if metric != METRIC:
            raise invalid(f"the local SageMaker tracks {METRIC} only, not {metric}")
        name, resource = asked["PolicyName"], asked["ResourceId"]
        known = target.policies.get(name)
        target.policies[name] = {
            "PolicyARN": known["PolicyARN"] if known else _policy_arn(resource, name),
            "PolicyName": name,
            "ServiceNamespace": NAMESPACE,
            "ResourceId": resource,
            "ScalableDimension": DIMENSION,
            "PolicyType": asked["PolicyType"],
            "TargetTrackingScalingPolicyConfiguration": tracking,
            "CreationTime": known["CreationTime"] if known else moment(self._clock()),
        }
        return {"PolicyARN": target.policies[name]["PolicyARN"], "Alarms": []}

    def _delete_policy(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        target = self._targets.targets.get(asked["ResourceId"])
        if target is None or asked["PolicyName"] not in target.policies:
            raise _not_found(f"No scaling policy found: {asked['PolicyName']}")
        del target.policies[asked["PolicyName"]]
        return {}

    def _describe_policies(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        names, resource = asked.get("PolicyNames"), asked.get("ResourceId")
        found = [
            policy
            for target in self._targets.targets.values()
            for policy in target.policies.values()
            if (names is None or policy["PolicyName"] in names)
            and resource in (None, policy["ResourceId"])
        ]
        return {"ScalingPolicies": found if asked["ServiceNamespace"] == NAMESPACE else []}

    def _target(self, asked: Mapping[str, Any]) -> ScalableTarget:
        """Raises Refusal."""
        _resource(asked)
        target = self._targets.targets.get(asked["ResourceId"])
        if target is None:
            raise _not_found(
                f"No scalable target registered for service namespace: {NAMESPACE}, resource ID: "
                f"{asked['ResourceId']}, scalable dimension: {DIMENSION}"
            )
        return target


def _resource(asked: Mapping[str, Any]) -> tuple[str, str]:
    """Endpoint and variant. Raises Refusal."""
    match = RESOURCE.fullmatch(asked["ResourceId"])
    if asked["ServiceNamespace"] != NAMESPACE or asked["ScalableDimension"] != DIMENSION:
        raise invalid(f"the local SageMaker scales {NAMESPACE} by {DIMENSION} only")
    if match is None:
        raise invalid(f"Unsupported service namespace, resource type: {asked['ResourceId']}")
    return match[1], match[2]


def _not_found(message: str) -> Refusal:
    return Refusal("ObjectNotFoundException", message)


def _arn(resource: str) -> str:
    number = uuid.uuid5(uuid.NAMESPACE_URL, resource).hex[:12]
    return f"arn:aws:{SERVICE}:{REGION}:{ACCOUNT}:scalable-target/{number}"


def _policy_arn(resource: str, name: str) -> str:
    number = uuid.uuid5(uuid.NAMESPACE_URL, f"{resource} {name}")
    return (
        f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:{number}:resource/{NAMESPACE}/"
        f"{resource}:policyName/{name}"
    )
