"""What an environment promises its callers, and when silence is a fault."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.sizes import Part

# Of requests; with 100 there would be no budget to watch.
Share = Annotated[float, Field(ge=90, lt=100)]


class Monitoring(Part):
    """Objectives over 30 days: requests not answered 5xx, and answers within `latency_ms`.

    `silence_minutes` without a request wake somebody; without it silence is normal.
    """

    availability_percent: Share = 99.9
    latency_percent: Share = 99
    latency_ms: Annotated[int, Field(ge=1, le=29_000)] = 500
    silence_minutes: Annotated[int, Field(ge=1, le=60)] | None = None
