"""The local SageMaker's parts, put together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ops.local.sagemaker.autoscaler import Autoscaler
from ops.local.sagemaker.endpoint_changes import Surroundings
from ops.local.sagemaker.endpoints import Endpoints
from ops.local.sagemaker.invocation import Capture, Invocations, Measurements
from ops.local.sagemaker.models import Models
from ops.local.sagemaker.operation import Part
from ops.local.sagemaker.tags import Tags
from ops.local.sagemaker.variant_scaling import VariantScaling
from ops.local.sagemaker.variant_targets import VariantTargets


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointParts:
    """Models, configurations, endpoints and their invocation, on one set of surroundings."""

    surroundings: Surroundings
    tags: Tags
    models: Models
    targets: VariantTargets
    endpoints: Endpoints
    invocations: Invocations
    scaling: VariantScaling
    autoscaler: Autoscaler

    @property
    def parts(self) -> list[Part]:
        return [
            self.tags,
            self.models,
            self.endpoints,
            self.invocations,
            self.scaling,
            self.autoscaler,
        ]


def endpoint_parts(
    surroundings: Surroundings,
    measurements: Measurements,
    capture: Capture | None = None,
    *,
    wait: Callable[[float], Any] = time.sleep,
) -> EndpointParts:
    """Everything of endpoints, ready to be called."""
    tags, targets = Tags(), VariantTargets()
    models = Models(surroundings.clock, tags)
    endpoints = Endpoints(models, surroundings, tags, targets)
    host, faults, clock = surroundings.host, surroundings.faults, surroundings.clock
    autoscaler = Autoscaler(clock, surroundings.pace, targets, endpoints)
    measured_by = (measurements, autoscaler)
    return EndpointParts(
        surroundings=surroundings,
        tags=tags,
        models=models,
        targets=targets,
        endpoints=endpoints,
        invocations=Invocations(endpoints, host, faults, measured_by, capture, wait=wait),
        scaling=VariantScaling(clock, targets, endpoints),
        autoscaler=autoscaler,
    )
