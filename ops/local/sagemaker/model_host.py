"""What endpoints ask of whatever runs their models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Fleet:
    """The instances of one model behind one variant of one endpoint."""

    endpoint: str
    variant: str
    model: str
    # When the model was created: a deleted one's name may come back with other content.
    model_created_at: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """Neither ready nor failed: it still starts."""

    ready: bool
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What the container is given."""

    body: bytes
    content_type: str
    accept: str | None = None
    custom_attributes: str | None = None


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What the container answered, and the microseconds that it took."""

    status: int
    body: bytes
    content_type: str
    latency_us: float


class ModelHost(Protocol):
    """Starts and ends model containers, and asks them."""

    def start(self, fleet: Fleet, model: Mapping[str, Any]) -> None:
        """Begin to start one, in the shape of DescribeModel; nothing when it runs already."""
        ...

    def readiness(self, fleet: Fleet) -> Readiness: ...

    def stop(self, fleet: Fleet) -> None: ...

    def invoke(self, fleet: Fleet, request: ModelRequest) -> ModelAnswer: ...
