"""What is seen of an endpoint, and what the statuses of SageMaker allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# It cannot be changed now, and will be something else by itself.
CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
# Mixed configurations, or nothing but deletion left: no call of ours makes it well.
BROKEN = frozenset({"UpdateRollbackFailed", "Failed"})
# SageMaker keeps weights as single-precision numbers.
_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedEndpoint:
    """`weights` are the current ones by variant; `configuration` is the name in use.

    `scalable` are variants with a scalable target, `scaled` those that have its policy too.
    `described` is the configuration as SageMaker describes it, `alarms` are those in ALARM that a
    deployment must not begin under; both are read where a decision needs them, and else empty.
    """

    status: str
    configuration: str
    weights: Mapping[str, float]
    failure: str = ""
    scalable: frozenset[str] = frozenset()
    scaled: frozenset[str] = frozenset()
    described: Mapping[str, Any] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()

    @property
    def is_changing(self) -> bool:
        return self.status in CHANGING

    @property
    def is_broken(self) -> bool:
        return self.status in BROKEN

    def serves(self, intended: Mapping[str, float]) -> bool:
        """Every variant has its intended share of traffic, and there is no other variant."""
        total = sum(self.weights.values())
        if self.weights.keys() != intended.keys() or not total:
            return False
        return all(
            math.isclose(self.weights[name] / total, share, abs_tol=_TOLERANCE)
            for name, share in intended.items()
        )
