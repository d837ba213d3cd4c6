"""Target tracking of an endpoint's variants by Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kindred_aws.aws_refusals import is_missing

if TYPE_CHECKING:
    from types_boto3_application_autoscaling import ApplicationAutoScalingClient

INVOCATIONS_PER_INSTANCE = 1_000.0
LEAST_INSTANCES = 1
MOST_INSTANCES = 10
SCALE_OUT_COOLDOWN_SECONDS = 60
SCALE_IN_COOLDOWN_SECONDS = 300

_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_POLICY = "invocations-per-instance"


class VariantScaling:
    """`endpoint` is the name on SageMaker."""

    def __init__(self, client: ApplicationAutoScalingClient) -> None:
        self._client: Any = client

    def scalable(self, endpoint: str, variants: Collection[str]) -> frozenset[str]:
        """Which of them have a scalable target."""
        wanted = {_resource(endpoint, variant): variant for variant in variants}
        if not wanted:
            return frozenset()
        pages = self._client.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace="sagemaker", ResourceIds=sorted(wanted), ScalableDimension=_DIMENSION
        )
        found = (target["ResourceId"] for page in pages for target in page["ScalableTargets"])
        return frozenset(wanted[resource] for resource in found)

    def scaled(self, endpoint: str, variants: Collection[str]) -> frozenset[str]:
        """Which of them have the policy."""
        return frozenset(v for v in variants if self._has_policy(_resource(endpoint, v)))

    def register(self, endpoint: str, variant: str) -> None:
        """Both calls replace what an earlier one set."""
        self._client.register_scalable_target(
            **_target(endpoint, variant),
            MinCapacity=LEAST_INSTANCES,
            MaxCapacity=MOST_INSTANCES,
        )
        self._client.put_scaling_policy(
            **_target(endpoint, variant),
            PolicyName=_POLICY,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": INVOCATIONS_PER_INSTANCE,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
                "ScaleOutCooldown": SCALE_OUT_COOLDOWN_SECONDS,
                "ScaleInCooldown": SCALE_IN_COOLDOWN_SECONDS,
            },
        )

    def deregister(self, endpoint: str, variant: str) -> None:
        """Its policy goes with it."""
        try:
            self._client.deregister_scalable_target(**_target(endpoint, variant))
        except ClientError as error:
            if not is_missing(error):
                raise

    def _has_policy(self, resource: str) -> bool:
        found = self._client.describe_scaling_policies(
            ServiceNamespace="sagemaker",
            ResourceId=resource,
            ScalableDimension=_DIMENSION,
            PolicyNames=[_POLICY],
        )
        return bool(found["ScalingPolicies"])


def _resource(endpoint: str, variant: str) -> str:
    return f"endpoint/{endpoint}/variant/{variant}"


def _target(endpoint: str, variant: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": _resource(endpoint, variant),
        "ScalableDimension": _DIMENSION,
    }
