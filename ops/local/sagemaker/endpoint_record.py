"""An endpoint, its variants and the change under way, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ops.local.sagemaker.model_host import Fleet
from ops.local.sagemaker.names import moment

Configuration = Mapping[str, Any]
CHANGING = frozenset({"Creating", "Updating", "RollingBack", "Deleting"})
# While another fleet comes up, the one before it answers.
SERVING = frozenset({"InService", "Updating", "RollingBack", "UpdateRollbackFailed"})


@dataclass
class Variant:
    """One production variant; current values become the desired ones when a change ends."""

    name: str
    image: str
    role_arn: str
    fleet: Fleet
    definition: Mapping[str, Any]
    current_weight: float
    desired_weight: float
    current_instances: int
    desired_instances: int

    def describe(self) -> dict[str, Any]:
        """ProductionVariantSummary."""
        return {
            "VariantName": self.name,
            "DeployedImages": [{"SpecifiedImage": self.image, "ResolvedImage": self.image}],
            "CurrentWeight": self.current_weight,
            "DesiredWeight": self.desired_weight,
            "CurrentInstanceCount": self.current_instances,
            "DesiredInstanceCount": self.desired_instances,
        }

    def describe_pending(self) -> dict[str, Any]:
        """PendingProductionVariantSummary."""
        described = self.describe() | {"InstanceType": self.definition["InstanceType"]}
        return described | {"CurrentWeight": 0.0, "CurrentInstanceCount": 0}


@dataclass
class Change:
    """What an endpoint is on its way to."""

    kind: Literal["create", "update", "weights", "rollback", "delete"]
    started_at: float
    ends_at: float
    configuration: Configuration
    variants: dict[str, Variant] = field(default_factory=dict)
    deployment: Mapping[str, Any] | None = None
    # Of a guarded update: shares of traffic still to come, seconds between, the share so far.
    steps: list[float] = field(default_factory=list)
    wait_seconds: float = 0.0
    shifted: float = 0.0


@dataclass
class Endpoint:
    """As DescribeEndpoint sees it."""

    name: str
    arn: str
    status: str
    configuration: Configuration
    created_at: float
    changed_at: float
    variants: dict[str, Variant] = field(default_factory=dict)
    change: Change | None = None
    failure: str | None = None
    last_deployment: Mapping[str, Any] | None = None

    def summarize(self) -> dict[str, Any]:
        """EndpointSummary."""
        return {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "CreationTime": moment(self.created_at),
            "LastModifiedTime": moment(self.changed_at),
            "EndpointStatus": self.status,
        }

    def describe(self) -> dict[str, Any]:
        """DescribeEndpointOutput."""
        described = self.summarize()
        described["EndpointConfigName"] = self.configuration["EndpointConfigName"]
        if self.variants:
            held = self.variants.values()
            described["ProductionVariants"] = [variant.describe() for variant in held]
        capture = self.configuration.get("DataCaptureConfig")
        if capture:
            enabled = capture.get("EnableCapture", False)
            described["DataCaptureConfig"] = {
                "EnableCapture": enabled,
                "CaptureStatus": "Started" if enabled else "Stopped",
                "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
                "DestinationS3Uri": capture["DestinationS3Uri"],
                "KmsKeyId": capture.get("KmsKeyId", ""),
            }
        if self.failure is not None:
            described["FailureReason"] = self.failure
        if self.last_deployment:
            described["LastDeploymentConfig"] = dict(self.last_deployment)
        if self.change and self.change.kind in ("create", "update"):
            described["PendingDeploymentSummary"] = _pending(self.change)
        return described


def _pending(change: Change) -> dict[str, Any]:
    return {
        "EndpointConfigName": change.configuration["EndpointConfigName"],
        "ProductionVariants": [variant.describe_pending() for variant in change.variants.values()],
        "StartTime": moment(change.started_at),
    }
