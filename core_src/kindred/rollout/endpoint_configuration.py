"""Endpoint configurations, made whole from the one that is described, and what they are called."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

Content = dict[str, Any]
# What SageMaker adds to a configuration when it describes it.
DESCRIBED_ONLY = frozenset({"EndpointConfigName", "EndpointConfigArn", "CreationTime"})
LONGEST_NAME = 63
FIRST_VARIANT = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutSettings:
    """What a rollout is told by its environment. `prefix` begins every name that is ours.

    `minute` is how long a rollout minute lasts; `alarms` are names.
    """

    prefix: str
    minute: timedelta
    execution_role_arn: str
    instance_type: str
    initial_instances: int
    data_capture_uri: str
    data_key_arn: str
    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()
    alarms: Sequence[str] = ()

    def on_sagemaker(self, endpoint: str) -> str:
        return f"{self.prefix}{endpoint}"

    def owns(self, name: str | None) -> bool:
        return name is not None and name.startswith(self.prefix)

    def name_of(
        self,
        endpoint: str,
        deployment_id: str,
        purpose: Literal["model", "canary", "promoted"],
    ) -> str:
        """The same for the same deployment, so that a call can be made twice; 63 characters."""
        digest = hashlib.sha256(f"{deployment_id} {purpose}".encode()).hexdigest()[:12]
        return f"{self.on_sagemaker(endpoint)[: LONGEST_NAME - 13].rstrip('-')}-{digest}"


def canary_variant(deployment_id: str) -> str:
    """Its name for life: SageMaker cannot rename a variant. The id's end is its random part."""
    return f"canary-{deployment_id.replace('-', '')[-8:]}"


def model_of(described: Mapping[str, Any], variant: str) -> str | None:
    names = (
        each.get("ModelName")
        for each in described["ProductionVariants"]
        if each["VariantName"] == variant
    )
    return next(names, None)


def with_canary(
    described: Mapping[str, Any], weights: Mapping[str, float], *, canary: str, model: str
) -> Content:
    """The one variant's double beside it, with another model; all else as it is."""
    (baseline,) = described["ProductionVariants"]
    pair = [baseline, {**baseline, "VariantName": canary, "ModelName": model}]
    return _with_variants(
        described,
        [{**each, "InitialVariantWeight": weights[each["VariantName"]]} for each in pair],
    )


def without(described: Mapping[str, Any], variant: str) -> Content:
    """The other variant alone, with all traffic."""
    kept = [each for each in described["ProductionVariants"] if each["VariantName"] != variant]
    return _with_variants(described, [{**each, "InitialVariantWeight": 1.0} for each in kept])


def with_model(described: Mapping[str, Any], model: str) -> Content:
    """The same variant with another model: what SageMaker's own guardrails can shift to."""
    (variant,) = described["ProductionVariants"]
    return _with_variants(described, [{**variant, "ModelName": model}])


def first_configuration(settings: RolloutSettings, *, model: str) -> Content:
    """Of an endpoint that does not exist: every request and answer is captured, encrypted."""
    return {
        "ProductionVariants": [
            {
                "VariantName": FIRST_VARIANT,
                "ModelName": model,
                "InstanceType": settings.instance_type,
                "InitialInstanceCount": settings.initial_instances,
                "InitialVariantWeight": 1.0,
            }
        ],
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": settings.data_capture_uri,
            "KmsKeyId": settings.data_key_arn,
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        },
        "KmsKeyId": settings.data_key_arn,
    }


def _with_variants(described: Mapping[str, Any], changed: list[Content]) -> Content:
    kept = {name: value for name, value in described.items() if name not in DESCRIBED_ONLY}
    return {**kept, "ProductionVariants": changed}
