"""How an environment rolls models out, and how it makes new ones."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from stacks.sizes import Part
from stacks.times import TimeOfDay, Weekday

# Also part of names of configurations, of which AWS takes 63 characters.
EndpointName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,19}$")]
# What the retraining machine calls its own.
_TAKEN = "staging"


def _all_different(given: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(given)) != len(given) or _TAKEN in given:
        raise ValueError(
            f"given {', '.join(given)}, allowed different names, and not {_TAKEN}, "
            "where retraining tries its models"
        )
    return given


class Rollout(Part):
    """`endpoints` are short names; the first is the one that `/inference` asks.

    `minute_seconds` is how long a minute of a rollout lasts, less than 60 on a laptop alone. A p99
    of the endpoint's answers above `p99_latency_ms` is an alarm, in which no rollout begins.
    """

    endpoints: Annotated[
        tuple[EndpointName, ...], Field(min_length=1, max_length=4), AfterValidator(_all_different)
    ] = ("embeddings",)
    minute_seconds: Literal[5, 10, 30, 60] = 60
    p99_latency_ms: Annotated[float, Field(gt=0, le=60_000)] = 100


class Retraining(Part):
    """Weekly, at `starts_at` in UTC, if there were enough interactions in 30 days."""

    starts_on: Weekday = "SUN"
    starts_at: TimeOfDay = "03:00"
    # Spot instances cost less and may be taken away; a job then goes on from its last checkpoint.
    spot: bool = True
    minimum_interactions: Annotated[int, Field(ge=100)] = 10_000
    maximum_interactions: Annotated[int, Field(le=50_000_000)] = 5_000_000
    cool_down_hours: Annotated[int, Field(ge=1, le=720)] = 72
    # Of a new model's first tenth of traffic, hourly; of the old model before it is retired.
    # Both are scaled as `rollout.minute_seconds` is to 60.
    watch_hours: Annotated[float, Field(gt=0, le=720)] = 48
    retire_after_days: Annotated[float, Field(gt=0, le=365)] = 30

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.minimum_interactions > self.maximum_interactions:
            raise ValueError(
                f"given minimum_interactions {self.minimum_interactions} and "
                f"maximum_interactions {self.maximum_interactions}, "
                "allowed in ascending order only"
            )
        return self
