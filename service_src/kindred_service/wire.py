"""What both services read of an app, and say of one."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from kindred.similarity.versions import PATTERN

NAME_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 10_000

Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_CHARACTERS)
]
# The version of the model that the unit gets.
ArmOut = Annotated[str, StringConstraints(pattern=PATTERN)]
# Neither text nor a truth value; an integer is one too.
Number = Annotated[float, Field(strict=True)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class WireIn(BaseModel):
    """A misspelt field is an error, not a default."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class AppIn(WireIn):
    name: Name
    category: Label
    region: Label
    pricing: Pricing
    features: Annotated[list[Label], Field(max_length=50)]
    description: Annotated[str, StringConstraints(max_length=DESCRIPTION_CHARACTERS)] = ""


class AppOut(BaseModel):
    app_id: str
    app_name: str
    category: str | None
    region: str | None
    pricing: Pricing | None
    price_usd: float | None
    rating: float | None
    generated: bool = Field(description="True for an app that was made up, not collected.")


class QueryIn(WireIn):
    """`app` may be left out for an `app_id` of the catalogue, and is not read for one."""

    partner_id: Identifier
    app_id: Identifier
    app: AppIn | None = None


class ServedOut(BaseModel):
    ab_arm: ArmOut
    model_version: str
    request_id: str


def metadata_of(app: AppIn, *, category: str, region: str) -> AppMetadata:
    """With category and region in the catalogue's own spelling."""
    return AppMetadata(
        name=app.name,
        category=category,
        region=region,
        pricing=app.pricing,
        features=tuple(app.features),
        description=app.description,
    )


def app_fields(app: CatalogueApp) -> dict[str, object]:
    return {
        "app_id": app.app_id,
        "app_name": app.metadata.name,
        "category": app.metadata.category,
        "region": app.metadata.region,
        "pricing": app.metadata.pricing,
        "price_usd": app.price_usd,
        "rating": app.rating,
        "generated": app.generated,
    }
