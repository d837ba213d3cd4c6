"""Filters: exact, the same as a plain loop would find, and clear about what they refuse."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from kindred.similarity.catalogue import Catalogue, write_catalogue
from kindred.similarity.filters import InvalidFilter, parse_filters

CATEGORIES = ("Games", "News", "Music")
REGIONS = ("EU", "US")
PRICES = (0.0, 0.99, 1.99, 4.99)

catalogue_apps = st.lists(
    st.builds(
        lambda category, region, pricing, price, rating: CatalogueApp(
            app_id="",
            metadata=AppMetadata(name="x", category=category, region=region, pricing=pricing),
            price_usd=price,
            rating=rating,
            source="test",
        ),
        st.none() | st.sampled_from(CATEGORIES),
        st.none() | st.sampled_from(REGIONS),
        st.none() | st.sampled_from(Pricing),
        st.none() | st.sampled_from(PRICES),
        st.none() | st.sampled_from((1.0, 3.5, 4.0, 4.1, 5.0)),
    ),
    max_size=12,
)
asked = st.fixed_dictionaries(
    {},
    optional={
        "category": st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=2),
        "region": st.lists(st.sampled_from(REGIONS), min_size=1, max_size=2),
        "pricing": st.lists(st.sampled_from(Pricing), min_size=1, max_size=2),
        "price": st.lists(st.sampled_from(PRICES), min_size=1, max_size=2),
        "rating": st.lists(st.sampled_from((1.0, 4.0, 4.1)), min_size=1, max_size=2),
    },
)
# One of every category and region, so that none is refused as unknown.
WITNESSES = [
    CatalogueApp(
        app_id=f"witness-{category}-{region}",
        metadata=AppMetadata(name="x", category=category, region=region),
        source="test",
    )
    for category in CATEGORIES
    for region in REGIONS
]


def matches(app: CatalogueApp, wanted: dict[str, list[Any]]) -> bool:
    has = {
        "category": app.metadata.category,
        "region": app.metadata.region,
        "pricing": app.metadata.pricing,
        "price": app.price_usd,
        "rating": app.rating,
    }
    return all(has[field] in values for field, values in wanted.items())


@given(apps=catalogue_apps, wanted=asked)
@settings(max_examples=60, deadline=None)
def test_a_mask_is_what_a_plain_loop_finds(
    apps: list[CatalogueApp], wanted: dict[str, list[Any]]
) -> None:
    numbered = [
        CatalogueApp(
            app_id=f"{number:03d}",
            metadata=app.metadata,
            price_usd=app.price_usd,
            rating=app.rating,
            source="test",
        )
        for number, app in enumerate(apps)
    ] + WITNESSES
    with tempfile.TemporaryDirectory() as directory:
        write_catalogue(Path(directory), numbered)
        catalogue = Catalogue(Path(directory))
        mask = parse_filters(wanted, catalogue).mask(catalogue)
        expected = [matches(catalogue.app(row), wanted) for row in range(len(catalogue))]
        assert mask.tolist() == expected


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    directory = tmp_path_factory.mktemp("priced")
    apps = [
        CatalogueApp(
            app_id=f"app-{number}",
            metadata=AppMetadata(name="x", category="Games", region="US", pricing=Pricing.PAID),
            price_usd=price,
            rating=price,
            source="test",
        )
        for number, price in enumerate((0.0, 0.99, 2.0, 4.0, 4.99, None))
    ]
    write_catalogue(directory, apps)
    return Catalogue(directory)


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        pytest.param(0, [0], id="a number is exact"),
        pytest.param("0.99", [1], id="a number as text is exact too"),
        pytest.param("=2", [2], id="with an equals sign"),
        pytest.param(">=4", [3, 4], id="at least"),
        pytest.param("> 4", [4], id="more than"),
        pytest.param("<=0.99", [0, 1], id="at most"),
        pytest.param("<0.99", [0], id="less than"),
        pytest.param("1..4.99", [2, 3, 4], id="a range holds both its ends"),
        pytest.param("9..10", [], id="a range may hold nothing"),
    ],
)
def test_numbers_and_ranges(
    priced: Catalogue, given_value: float | str, expected: list[int]
) -> None:
    for field in ("price", "rating"):
        mask = parse_filters({field: [given_value]}, priced).mask(priced)
        assert mask.nonzero()[0].tolist() == expected


def test_values_are_alternatives_and_fields_are_combined(priced: Catalogue) -> None:
    wanted = {"price": ["0..1", 4], "rating": [">0"], "pricing": ["PAID"], "region": ["us"]}
    assert parse_filters(wanted, priced).mask(priced).nonzero()[0].tolist() == [1, 3]


def test_no_filter_is_no_filter(priced: Catalogue) -> None:
    filters = parse_filters({}, priced)
    assert not filters
    assert filters.mask(priced).all()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        pytest.param({"colour": ["red"]}, "the fields category, region", id="unknown field"),
        pytest.param({"category": ["Gmes"]}, "given 'Gmes'; allowed: Games", id="category"),
        pytest.param({"category": [3]}, "given 3; allowed: Games", id="a number for a category"),
        pytest.param({"region": ["MARS"]}, "given 'MARS'; allowed: US", id="region"),
        pytest.param({"pricing": ["gratis"]}, "free, freemium, paid, subscr", id="pricing"),
        pytest.param({"price": ["cheap"]}, "allowed: a number, or", id="words for a number"),
        pytest.param({"price": [True]}, "given True; allowed: a number", id="a flag"),
        pytest.param({"price": [float("nan")]}, "given nan; allowed: a number", id="NaN"),
        pytest.param({"price": [float("inf")]}, "given inf; allowed: a number", id="infinity"),
        pytest.param({"price": [10**400]}, "allowed: a number", id="an endless integer"),
        pytest.param({"rating": ["5..4"]}, "from the lower number", id="a range backwards"),
        pytest.param({"rating": [">=4" + " " * 99]}, "allowed: a number", id="padding"),
        pytest.param({"rating": []}, "at least one value", id="no value"),
        pytest.param({"rating": "4"}, "a list of values", id="no list"),
        pytest.param({"price": [None]}, "given None; allowed: a number", id="null"),
        pytest.param({"x" * 999: [1]}, "filter 'xxx", id="a long field is cut"),
    ],
)
def test_a_bad_filter_is_told_what_is_allowed(
    priced: Catalogue, wanted: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidFilter) as error:
        parse_filters(wanted, priced)
    assert message in str(error.value)
    assert len(str(error.value)) < 400
