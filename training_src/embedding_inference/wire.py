"""What a caller may ask, bounded, and what is answered."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kindred.similarity.app import AppMetadata, Pricing
from kindred.similarity.catalogue import Catalogue

BODY_BYTES = 64 * 1024
LINES_BYTES = 6 * 1024 * 1024  # what batch transform sends at once, unless told otherwise

_Label = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class InvalidRegion(ValueError):
    def __init__(self, given: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"no region {given!r}; allowed: {', '.join(allowed)}")


class FeaturesIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An app as its owner describes it; what is left out is not known."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    category: _Label | None = None
    region: _Label | None = None
    pricing: Pricing | None = None
    features: Annotated[list[_Label], msgspec.Meta(max_length=50)] = []
    description: Annotated[str, msgspec.Meta(max_length=10_000)] = ""


class QueryIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    features: FeaturesIn
    top_k: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10


class PredictionOut(msgspec.Struct, frozen=True):
    app_id: str
    similarity: float
    app_name: str


class PredictionsOut(msgspec.Struct, frozen=True):
    """The nearest apps first; `similarity` is the cosine, -1 to 1."""

    predictions: list[PredictionOut]
    model_version: str


def metadata_of(features: FeaturesIn, catalogue: Catalogue) -> AppMetadata:
    """In the catalogue's own spelling. Raises UnknownCategory or InvalidRegion."""
    category, region = features.category, features.region
    return AppMetadata(
        name=features.name,
        category=None if category is None else catalogue.canonical_category(category),
        region=None if region is None else _canonical_region(region, catalogue),
        pricing=features.pricing,
        features=tuple(features.features),
        description=features.description,
    )


def _canonical_region(given: str, catalogue: Catalogue) -> str:
    if not catalogue.regions:
        return given
    for region in catalogue.regions:
        if region.casefold() == given.casefold():
            return region
    raise InvalidRegion(given, catalogue.regions)
