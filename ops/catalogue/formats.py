"""The tables that can be imported: Kindred's own schema and two app stores' exports."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from kindred.similarity.categories import canonical_name
from ops.catalogue.fields import (
    DESCRIPTION_CHARACTERS,
    BadField,
    Values,
    read_app_id,
    read_count,
    read_features,
    read_flag,
    read_label,
    read_lines,
    read_name,
    read_number,
    read_pricing,
)

_HIGHEST_PRICE_USD = 100_000.0


class UnknownFormat(ValueError):
    """The header is no known one, or lacks a column of the format that was asked for."""


@dataclass(frozen=True, slots=True)
class Format:
    """`required` tells the format by its header; other columns of it may be missing."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    read_app: Callable[[Values], CatalogueApp]  # raises BadField

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


def _read_kindred(values: Values) -> CatalogueApp:
    impressions, clicks = read_count(values, "impressions"), read_count(values, "clicks")
    if clicks is not None and clicks > (impressions or 0):
        raise BadField("clicks", clicks, f"at most the {impressions or 0} impressions")
    return CatalogueApp(
        app_id=read_app_id(values, "app_id"),
        metadata=AppMetadata(
            name=read_name(values, "name"),
            category=_category(values, "category"),
            region=read_label(values, "region"),
            pricing=read_pricing(values, "pricing"),
            features=read_features(values, "features"),
            description=_description(values),
        ),
        price_usd=_price(values),
        rating=_rating(values),
        rating_count=read_count(values, "rating_count"),
        installs=read_count(values, "installs"),
        impressions=impressions,
        clicks=clicks,
        source=read_label(values, "source") or "kindred",
        generated=read_flag(values, "generated"),
    )


def _read_google_play(values: Values) -> CatalogueApp:
    """The export has no id; the name, which it has once, stands for one."""
    name = read_name(values, "app")
    category = _category(values, "category")
    genres = [
        genre for genre in read_features(values, "genres") if canonical_name(genre) != category
    ]
    return CatalogueApp(
        app_id=f"play-{hashlib.sha256(name.encode()).hexdigest()[:12]}",
        metadata=AppMetadata(
            name=name,
            category=category,
            pricing=_pricing_of(_price(values)),
            features=(*(genre.lower() for genre in genres), *_age_class(values)),
        ),
        price_usd=_price(values),
        rating=_rating(values),
        rating_count=read_count(values, "reviews"),
        installs=read_count(values, "installs_min"),
        source="google_play",
    )


def _read_apple(values: Values) -> CatalogueApp:
    features = list(_age_class(values))
    if read_count(values, "n_ipad_screenshots"):
        features.append("ipad")
    if (read_count(values, "n_languages") or 0) > 1:
        features.append("multilingual")
    return CatalogueApp(
        app_id=f"apple-{read_app_id(values, 'app_id')}",
        metadata=AppMetadata(
            name=read_name(values, "name"),
            category=_category(values, "genre"),
            pricing=_pricing_of(_price(values)),
            features=tuple(features),
            description=_description(values),
        ),
        price_usd=_price(values),
        rating=_rating(values),
        rating_count=read_count(values, "rating_count"),
        source="apple_app_store",
    )


def _category(values: Values, field: str) -> str | None:
    given = read_label(values, field)
    return None if given is None else canonical_name(given)


def _description(values: Values) -> str:
    return read_lines(values, "description", most=DESCRIPTION_CHARACTERS)


def _price(values: Values) -> float | None:
    return read_number(values, "price_usd", low=0, high=_HIGHEST_PRICE_USD)


def _rating(values: Values) -> float | None:
    return read_number(values, "rating", low=0, high=5)


def _pricing_of(price_usd: float | None) -> Pricing | None:
    # Neither export says what is sold inside an app, so that no app is known to be freemium.
    if price_usd is None:
        return None
    return Pricing.PAID if price_usd > 0 else Pricing.FREE


def _age_class(values: Values) -> tuple[str, ...]:
    given = read_label(values, "content_rating")
    return () if given is None else (f"rated {given.lower()}",)


FORMATS = (
    Format(
        "apple_app_store",
        ("app_id", "name", "description", "genre", "price_usd", "rating", "rating_count"),
        ("content_rating", "n_ipad_screenshots", "n_languages"),
        _read_apple,
    ),
    Format(
        "google_play",
        ("app", "category", "genres", "rating", "reviews", "installs_min", "price_usd"),
        ("content_rating",),
        _read_google_play,
    ),
    Format(
        "kindred",
        ("app_id", "name"),
        (
            *("category", "region", "pricing", "features", "description", "price_usd", "rating"),
            *("rating_count", "installs", "impressions", "clicks", "source", "generated"),
        ),
        _read_kindred,
    ),
)


def choose_format(columns: tuple[str, ...], asked: str | None = None) -> Format:
    """The format asked for, or the first whose required columns are all there.

    Raises UnknownFormat.
    """
    found = set(columns)
    if asked is not None:
        chosen = next((one for one in FORMATS if one.name == asked), None)
        if chosen is None:
            names = ", ".join(one.name for one in FORMATS)
            raise UnknownFormat(f"no format {asked!r}; allowed: {names}")
        if missing := [name for name in chosen.required if name not in found]:
            raise UnknownFormat(f"{asked} needs the columns {', '.join(missing)}")
        return chosen
    for one in FORMATS:
        if found.issuperset(one.required):
            return one
    shown = ", ".join(columns)[:200].encode("utf-8", "backslashreplace").decode()
    known = "; ".join(f"{one.name}: {', '.join(one.required)}" for one in FORMATS)
    raise UnknownFormat(f"unknown header: {shown}; a known one has these columns: {known}")
