"""What an environment may cost in a month, and from when a rise is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.sizes import Part

Usd = Annotated[float, Field(gt=0, le=10_000_000)]
ServiceName = Annotated[str, Field(min_length=3, max_length=100)]


class Spike(Part):
    """Above what was expected by both: the share alone is reached by cents."""

    percent: Annotated[int, Field(ge=1, le=1000)] = 20
    usd: Usd = 5


class Budgets(Part):
    """US dollars. `services` are named as Cost Explorer names them: "Amazon DynamoDB"."""

    monthly_usd: Usd
    services: dict[ServiceName, Usd] = Field(default_factory=dict)
    spike: Spike = Spike()
