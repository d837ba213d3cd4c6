"""What may be asked of AWS, as values; and what is to be done next with a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kindred.rollout.deployment import Deployment, ModelSource


@dataclass(frozen=True, slots=True)
class CreateModel:
    name: str
    source: ModelSource


@dataclass(frozen=True, slots=True)
class CreateConfiguration:
    """`content` is what CreateEndpointConfig takes beside the name."""

    name: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    name: str


@dataclass(frozen=True, slots=True)
class UpdateEndpoint:
    """`name` is the configuration's; `guardrails` a DeploymentConfig, or None for none."""

    name: str
    guardrails: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class UpdateWeights:
    """Of every variant: one that is left out would keep its weight. They sum to one."""

    weights: Mapping[str, float]

    @property
    def name(self) -> str:
        return ", ".join(f"{variant} {weight:g}" for variant, weight in self.weights.items())


@dataclass(frozen=True, slots=True)
class RegisterScaling:
    """`name` is the variant's."""

    name: str


@dataclass(frozen=True, slots=True)
class DeregisterScaling:
    """`name` is the variant's."""

    name: str


@dataclass(frozen=True, slots=True)
class DeleteEndpoint:
    name: str


@dataclass(frozen=True, slots=True)
class DeleteConfiguration:
    name: str


@dataclass(frozen=True, slots=True)
class DeleteModel:
    name: str


# `name` of each is the configuration's where nothing else is said.
Call = (
    CreateModel
    | CreateConfiguration
    | CreateEndpoint
    | UpdateEndpoint
    | UpdateWeights
    | RegisterScaling
    | DeregisterScaling
    | DeleteEndpoint
    | DeleteConfiguration
    | DeleteModel
)


def named(call: Call) -> str:
    """Two calls of the same name are the same call."""
    return f"{type(call).__name__} {call.name}"


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done now; the intent stays."""

    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """Save the deployment as it now is."""

    deployment: Deployment


@dataclass(frozen=True, slots=True)
class Make:
    """Save the deployment, which holds the intent; then make the call."""

    deployment: Deployment
    call: Call


Action = Wait | Record | Make
