"""The wire format of the prediction service."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from kindred.prediction.performance import Measure
from kindred_service.query import QuerySource
from kindred_service.wire import Identifier, Number, QueryIn, ServedOut, WireIn


class GivenNeighborIn(WireIn):
    app_id: Identifier
    similarity: Annotated[Number, Field(ge=-1, le=1)]


class PredictIn(QueryIn):
    """Neighbours are looked up where none are given."""

    neighbors: Annotated[list[GivenNeighborIn], Field(min_length=1, max_length=100)] | None = None


class IntervalOut(BaseModel):
    """Holds the app's own performance nine times in ten."""

    low: float
    high: float


class SegmentOut(BaseModel):
    """A group of the neighbours. `score` is the group's mean, `apps` how many it rests on."""

    category: str | None
    pricing: str | None
    share: Annotated[float, Field(description="Of the neighbours' weight, 0 to 1.")]
    neighbors: int
    apps: int
    score: float


class PredictionOut(BaseModel):
    """`measure` is `ctr` (clicks an impression) or `popularity` (log10 of 1 + ratings or installs).

    `thin` says that the prior of the app's group is half of the answer or more.
    """

    score: float
    interval: IntervalOut
    segments: list[SegmentOut]
    measure: Measure
    evidence_count: int
    thin: bool


class PredictOut(ServedOut):
    query_source: QuerySource
    prediction: PredictionOut
    latency_ms: float
