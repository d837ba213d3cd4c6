"""Formats: told by the header, each row read to an app or refused by field."""

from typing import Any

import pytest

from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from ops.catalogue.fields import BadField
from ops.catalogue.formats import FORMATS, UnknownFormat, choose_format

KINDRED = next(one for one in FORMATS if one.name == "kindred")
GOOGLE = next(one for one in FORMATS if one.name == "google_play")
APPLE = next(one for one in FORMATS if one.name == "apple_app_store")

GOOGLE_ROW = {
    "app": "Sleep Tracker",
    "category": "HEALTH_AND_FITNESS",
    "genres": "Health & Fitness;Pretend Play",
    "rating": "4.4",
    "reviews": "2490",
    "installs_min": "500000",
    "price_usd": "0.0",
    "content_rating": "Everyone 10+",
}
APPLE_ROW = {
    "app_id": "281656475",
    "name": "PAC-MAN Premium",
    "description": "SAVE 20%\u2028now\x0b!\x08",
    "genre": "Games",
    "price_usd": "3.99",
    "rating": "4.0",
    "rating_count": "21292",
    "content_rating": "4+",
    "n_ipad_screenshots": "5",
    "n_languages": "10",
}


def test_a_google_play_row_becomes_an_app() -> None:
    app = GOOGLE.read_app(GOOGLE_ROW)
    assert app == CatalogueApp(
        app_id=app.app_id,
        metadata=AppMetadata(
            name="Sleep Tracker",
            category="Health & Fitness",
            pricing=Pricing.FREE,
            features=("pretend play", "rated everyone 10+"),
        ),
        price_usd=0.0,
        rating=4.4,
        rating_count=2490,
        installs=500_000,
        source="google_play",
    )
    assert app.app_id.startswith("play-")
    assert GOOGLE.read_app({**GOOGLE_ROW, "rating": "1"}).app_id == app.app_id
    assert GOOGLE.read_app({**GOOGLE_ROW, "app": "Sleep tracker"}).app_id != app.app_id


def test_an_apple_row_becomes_an_app() -> None:
    assert APPLE.read_app(APPLE_ROW) == CatalogueApp(
        app_id="apple-281656475",
        metadata=AppMetadata(
            name="PAC-MAN Premium",
            category="Games",
            pricing=Pricing.PAID,
            features=("rated 4+", "ipad", "multilingual"),
            description="SAVE 20%\nnow\n!",
        ),
        price_usd=3.99,
        rating=4.0,
        rating_count=21292,
        source="apple_app_store",
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"category": "GAME"}, {"category": "Games"}, id="category"),
        pytest.param({"region": " EU "}, {"region": "EU"}, id="region"),
        pytest.param({"pricing": "Freemium"}, {"pricing": Pricing.FREEMIUM}, id="pricing"),
        pytest.param({"features": "a; b;;a"}, {"features": ("a", "b")}, id="features as text"),
        pytest.param({"features": ["b", "a"]}, {"features": ("b", "a")}, id="features as a list"),
        pytest.param({"description": None}, {"description": ""}, id="no description"),
        pytest.param({"name": "x" * 500}, {"name": "x" * 500}, id="a name as long as may be"),
    ],
)
def test_metadata_of_kindreds_own_schema(
    values: dict[str, object], expected: dict[str, Any]
) -> None:
    app = KINDRED.read_app({"app_id": "a", "name": "n", **values})
    for field, value in expected.items():
        assert getattr(app.metadata, field) == value


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"price_usd": "1.99"}, {"price_usd": 1.99}, id="a number as text"),
        pytest.param({"price_usd": ""}, {"price_usd": None}, id="nothing"),
        pytest.param({"installs": 12.0}, {"installs": 12}, id="a count as a whole float"),
        pytest.param({"clicks": 3, "impressions": 9}, {"clicks": 3}, id="clicks"),
        pytest.param({"source": "partner"}, {"source": "partner"}, id="source"),
        pytest.param({}, {"source": "kindred", "generated": False}, id="defaults"),
        pytest.param({"generated": "true"}, {"generated": True}, id="a flag as text"),
    ],
)
def test_records_of_kindreds_own_schema(
    values: dict[str, object], expected: dict[str, Any]
) -> None:
    app = KINDRED.read_app({"app_id": "a", "name": "n", **values})
    for field, value in expected.items():
        assert getattr(app, field) == value


@pytest.mark.parametrize(
    ("values", "field", "allowed"),
    [
        pytest.param({"name": ""}, "name", "a name of 1 to 500", id="no name"),
        pytest.param({"name": "   "}, "name", "a name of 1 to 500", id="a blank name"),
        pytest.param({"name": "x" * 10_000}, "name", "at most 500", id="a name too long"),
        pytest.param({"name": "a\nb"}, "name", "control characters|one line", id="two lines"),
        pytest.param({"name": "a\x00b"}, "name", "control characters", id="a NUL"),
        pytest.param({"name": "\udcff"}, "name", "text in UTF-8", id="bytes that are no text"),
        pytest.param({"name": 7}, "name", "text", id="a number for a name"),
        pytest.param({"name": None}, "name", "a name", id="null for a name"),
        pytest.param({"app_id": ""}, "app_id", "1 to 128", id="no id"),
        pytest.param({"app_id": "a/b"}, "app_id", "letters, digits", id="a slash in an id"),
        pytest.param({"app_id": "a" * 129}, "app_id", "1 to 128", id="an id too long"),
        pytest.param({"app_id": 12}, "app_id", "1 to 128", id="a number for an id"),
        pytest.param({"category": "x" * 65}, "category", "at most 64", id="category too long"),
        pytest.param({"pricing": "gratis"}, "pricing", "free, freemium", id="unknown pricing"),
        pytest.param({"price_usd": "NaN"}, "price_usd", "a number from 0", id="NaN as text"),
        pytest.param({"price_usd": float("nan")}, "price_usd", "a number from 0", id="NaN"),
        pytest.param({"price_usd": "-1"}, "price_usd", "a number from 0", id="below zero"),
        pytest.param({"price_usd": "cheap"}, "price_usd", "a number from 0", id="words"),
        pytest.param({"price_usd": True}, "price_usd", "a number from 0", id="a flag"),
        pytest.param({"price_usd": [1]}, "price_usd", "a number from 0", id="a list"),
        pytest.param({"price_usd": 10**400}, "price_usd", "a number from 0", id="endless"),
        pytest.param({"rating": "5.1"}, "rating", "from 0 to 5", id="six stars"),
        pytest.param({"installs": "1.5"}, "installs", "a whole number", id="half an install"),
        pytest.param({"clicks": 2, "impressions": 1}, "clicks", "at most the 1", id="clicks"),
        pytest.param({"clicks": 2}, "clicks", "at most the 0", id="clicks on nothing"),
        pytest.param({"features": 3}, "features", "a list of texts", id="a number of features"),
        pytest.param({"features": [3]}, "features", "text", id="numbers for features"),
        pytest.param({"features": ["x"] * 51}, "features", "at most 50", id="many features"),
        pytest.param({"generated": "maybe"}, "generated", "true or false", id="maybe"),
        pytest.param({"description": "x" * 50_001}, "description", "at most", id="a novel"),
    ],
)
def test_a_bad_field_is_named_with_what_is_allowed(
    values: dict[str, object], field: str, allowed: str
) -> None:
    with pytest.raises(BadField, match=allowed) as error:
        KINDRED.read_app({"app_id": "a", "name": "n", **values})
    assert error.value.field == field
    assert len(str(error.value)) < 400
    str(error.value).encode()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param(tuple(APPLE_ROW), "apple_app_store", id="apple"),
        pytest.param((*GOOGLE_ROW, "version"), "google_play", id="google, with more columns"),
        pytest.param(("name", "app_id"), "kindred", id="the least of our own"),
        pytest.param(("app_id", "name", "description", "genre"), "kindred", id="not quite apple"),
    ],
)
def test_a_format_is_told_by_its_header(columns: tuple[str, ...], expected: str) -> None:
    assert choose_format(columns).name == expected


def test_a_format_can_be_forced_if_its_columns_are_there() -> None:
    assert choose_format(tuple(APPLE_ROW), "kindred").name == "kindred"
    with pytest.raises(UnknownFormat, match="google_play needs the columns app, category"):
        choose_format(tuple(APPLE_ROW), "google_play")
    with pytest.raises(UnknownFormat, match="no format 'excel'; allowed: apple_app_store"):
        choose_format(tuple(APPLE_ROW), "excel")


def test_an_unknown_header_is_shown_beside_the_known_ones() -> None:
    with pytest.raises(UnknownFormat, match=r"unknown header: id, title; .* kindred: app_id, name"):
        choose_format(("id", "title"))
