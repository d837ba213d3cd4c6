"""Scalable targets of variants: which are registered, as endpoints and scaling both must know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class ScalableTarget:
    """One variant's bounds and policies."""

    endpoint: str
    variant: str
    least: int
    most: int
    role_arn: str
    created_at: float
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    suspended: dict[str, bool] = field(default_factory=dict)


class VariantTargets:
    """By resource id, `endpoint/<name>/variant/<variant>`."""

    def __init__(self) -> None:
        self.targets: dict[str, ScalableTarget] = {}

    def registered(self, endpoint: str) -> frozenset[str]:
        """The endpoint's variants that have one."""
        held = self.targets.values()
        return frozenset(target.variant for target in held if target.endpoint == endpoint)

    def forget(self, endpoint: str) -> None:
        """The endpoint is gone."""
        held = self.targets.items()
        self.targets = {key: target for key, target in held if target.endpoint != endpoint}
