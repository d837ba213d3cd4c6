"""The wire format of the similarity service."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool, StrictInt, StringConstraints, model_validator

from kindred_service.query import QuerySource
from kindred_service.wire import AppOut, ArmOut, Identifier, Number, QueryIn, ServedOut, WireIn

FilterValue = Annotated[str, StringConstraints(min_length=1, max_length=64)] | Number
FilterValues = Annotated[list[FilterValue], Field(min_length=1, max_length=50)]


class FindSimilarIn(QueryIn):
    filters: Annotated[
        dict[str, FilterValues],
        Field(
            default_factory=dict,
            max_length=5,
            description="Field to values, any of which may match; every field must. Fields are "
            "category, region, pricing, price and rating; the last two also take ranges "
            'such as ">=4" and "0..4.99".',
        ),
    ]
    # Not ten: models are compared by recall at ten, and of a list of ten all clicks are among the
    # first ten of the model that made it. Only longer lists can say that another is better.
    top_k: Annotated[StrictInt, Field(ge=1, le=100)] = 20
    explain: StrictBool = False


class NeighborOut(AppOut):
    similarity: Annotated[float, Field(description="Cosine, -1 to 1.")]
    reasons: list[str] | None = None


class FindSimilarOut(ServedOut):
    query_source: QuerySource
    neighbors: list[NeighborOut]


class AppDetailOut(AppOut):
    features: list[str]
    description: str
    rating_count: int | None
    installs: int | None
    impressions: int | None
    clicks: int | None
    source: str


class AppPageOut(BaseModel):
    apps: list[AppOut]
    total: int
    next_cursor: str | None


class OutcomeBase(WireIn):
    """`event_id` makes the outcome count once, however often it is sent."""

    event_id: UUID | Annotated[str, StringConstraints(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    partner_id: Identifier
    app_id: Identifier


class ClickIn(OutcomeBase):
    """On a neighbour, when the answer and the neighbour are named: models learn from those."""

    type: Literal["click"]
    request_id: UUID | None = None
    clicked_app_id: Identifier | None = None

    @model_validator(mode="after")
    def _names_both(self) -> Self:
        if (self.request_id is None) != (self.clicked_app_id is None):
            raise ValueError("request_id and clicked_app_id: allowed are both or neither")
        return self


class ConversionIn(OutcomeBase):
    type: Literal["conversion"]
    revenue_usd: Annotated[Number, Field(ge=0, le=1_000_000)]


class PerformanceIn(OutcomeBase):
    """What a prediction said, and what was seen, both on the prediction's own measure."""

    type: Literal["performance"]
    predicted: Annotated[Number, Field(ge=0, le=20)]
    observed: Annotated[Number, Field(ge=0, le=20)]


class SatisfactionIn(OutcomeBase):
    type: Literal["satisfaction"]
    score: Annotated[Number, Field(ge=1, le=5)]


OutcomeIn = Annotated[
    ClickIn | ConversionIn | PerformanceIn | SatisfactionIn, Field(discriminator="type")
]


class OutcomeOut(BaseModel):
    event_id: str
    ab_arm: ArmOut
    status: Literal["accepted"] = "accepted"
