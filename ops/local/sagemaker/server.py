"""The local SageMaker's parts, put together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ops.local.sagemaker.endpoint_changes import Surroundings
from ops.local.sagemaker.endpoints import Endpoints
from ops.local.sagemaker.invocation import Invocations, Measurements
from ops.local.sagemaker.models import Models
from ops.local.sagemaker.operation import Part
from ops.local.sagemaker.tags import Tags
from ops.local.sagemaker.variant_targets import VariantTargets


def endpoint_parts(
    surroundings: Surroundings,
    measurements: Measurements,
    *,
    wait: Callable[[float], Any] = time.sleep,
) -> list[Part]:
    """Models, configurations, endpoints and their invocation."""
    tags = Tags()
    models = Models(surroundings.clock, tags)
    targets = VariantTargets()
    endpoints = Endpoints(models, surroundings, tags, targets)
    invocations = Invocations(
        endpoints, surroundings.host, surroundings.faults, measurements, wait=wait
    )
    return [tags, models, endpoints, invocations]
