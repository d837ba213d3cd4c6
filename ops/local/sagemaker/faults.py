"""What can be made to go wrong, and where."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from ops.local.sagemaker.operation import Refusal

FAULTS = MappingProxyType(
    {
        "slow-model": "a variant's model takes longer by so many milliseconds",
        "failing-model": "a variant's model answers 500 to a share of requests",
        "stuck-update": "an endpoint's update does not end while this is on",
        "failed-update": "an endpoint's update goes back to the old configuration, silently",
        "failed-rollback": "an endpoint that rolls back ends with mixed configurations",
        "missing-metrics": "a variant's metrics do not arrive",
        "spot-interruption": "a Spot training job loses its instance, and gets none meanwhile",
        "throttled-api": "a share of control calls answers ThrottlingException",
    }
)
OF_VARIANTS = ("slow-model", "failing-model", "missing-metrics")
CONTROL_SERVICES = ("sagemaker", "application-autoscaling")


class InvalidFault(Exception):
    """A fault that does not exist, or a setting out of its range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One that is on; endpoint and variant may hold wildcards, as in `canary-*`."""

    name: str
    endpoint: str = "*"
    variant: str = "*"
    share: float = 1.0
    milliseconds: float = 300.0

    def __post_init__(self) -> None:
        if self.name not in FAULTS:
            raise InvalidFault(f"no fault {self.name!r}: one of {', '.join(FAULTS)}")
        if self.variant != "*" and self.name not in OF_VARIANTS:
            raise InvalidFault(f"{self.name} is not a variant's: leave the variant out")
        if not 0 < self.share <= 1:
            raise InvalidFault(f"a share of {self.share:g}: above 0, at most 1")
        if not 0 <= self.milliseconds <= 60_000:
            raise InvalidFault(f"{self.milliseconds:g} milliseconds: from 0 to 60000")

    def concerns(self, endpoint: str, variant: str | None) -> bool:
        named = variant is None or fnmatchcase(variant, self.variant)
        return named and fnmatchcase(endpoint, self.endpoint)


class Faults:
    """Switched by a person or a test while everything runs."""

    def __init__(self, draw: random.Random | None = None) -> None:
        self._draw = draw or random.Random()  # noqa: S311
        self._lock = threading.Lock()
        self._on: list[Fault] = []

    def switch_on(self, fault: Fault) -> None:
        """In place of one of the same name for the same endpoint and variant."""
        where = (fault.name, fault.endpoint, fault.variant)
        with self._lock:
            others = [
                held for held in self._on if (held.name, held.endpoint, held.variant) != where
            ]
            self._on = [*others, fault]

    def switch_off(self, name: str | None = None) -> int:
        """All of this name, or all; how many."""
        with self._lock:
            before = len(self._on)
            self._on = [fault for fault in self._on if name not in (None, fault.name)]
            return before - len(self._on)

    def describe(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._on]

    def find(self, name: str, endpoint: str, variant: str | None = None) -> Fault | None:
        """The newest that concerns this endpoint or variant and, of its share, this time."""
        for fault in reversed(self._on):
            if fault.name == name and fault.concerns(endpoint, variant):
                return fault if self._draw.random() < fault.share else None
        return None

    def check(self, service: str, operation: str) -> None:
        """Raises Refusal when the API is throttled."""
        if service in CONTROL_SERVICES and self.find("throttled-api", "*"):
            raise Refusal("ThrottlingException", f"Rate exceeded ({operation})")
