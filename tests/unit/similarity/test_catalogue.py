"""The columnar catalogue: what goes in comes out, is found by id, and by people by name."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from kindred.similarity.catalogue import AppNotFound, Catalogue, UnknownCategory, write_catalogue
from kindred.similarity.filters import parse_filters

MakeCatalogue = Callable[[Sequence[CatalogueApp]], Catalogue]

text = st.text(st.characters(codec="utf-8"), max_size=20)
counts = st.none() | st.integers(0, 10**12)
apps_strategy = st.lists(
    st.builds(
        CatalogueApp,
        app_id=st.text("abcXYZ019-._", min_size=1, max_size=12),
        metadata=st.builds(
            AppMetadata,
            name=text,
            category=st.none() | text.filter(bool),
            region=st.none() | text.filter(bool),
            pricing=st.none() | st.sampled_from(Pricing),
            features=st.lists(text, max_size=3).map(tuple),
            description=text,
        ),
        price_usd=st.none() | st.floats(0, 1000),
        rating=st.none() | st.floats(0, 5),
        rating_count=counts,
        installs=counts,
        impressions=counts,
        clicks=counts,
        source=text.filter(bool),
        generated=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda app: app.app_id,
)


@given(apps=apps_strategy)
@settings(max_examples=40, deadline=None)
def test_every_app_comes_out_as_it_went_in(apps: list[CatalogueApp]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        write_catalogue(Path(directory), apps)
        catalogue = Catalogue(Path(directory))
        assert len(catalogue) == len(apps)
        for app in apps:
            assert app.app_id in catalogue
            assert catalogue.app(catalogue.row(app.app_id)) == app
        rows, total = catalogue.browse(limit=100)
        assert sorted(rows) == list(range(len(apps)))
        assert total == len(apps)


def named(*names: str, category: str | None = None) -> list[CatalogueApp]:
    return [
        CatalogueApp(
            app_id=f"app-{number}",
            metadata=AppMetadata(name=name, category=category),
            source="test",
        )
        for number, name in enumerate(names)
    ]


def found(catalogue: Catalogue, words: str, limit: int = 10) -> list[str]:
    return [catalogue.name(row) for row in catalogue.search(words, limit=limit)[0]]


def test_rows_are_in_the_order_of_ids(make_catalogue: MakeCatalogue) -> None:
    catalogue = make_catalogue(named("c", "b", "a")[::-1])
    assert [catalogue.app_id(row) for row in range(3)] == ["app-0", "app-1", "app-2"]


def test_an_app_that_is_not_there_is_not_found(make_catalogue: MakeCatalogue) -> None:
    catalogue = make_catalogue(named("a"))
    assert "app-9" not in catalogue
    assert 7 not in catalogue
    with pytest.raises(AppNotFound, match="no app 'app-9' in the catalogue"):
        catalogue.row("app-9")


def test_an_id_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'app-0' is there twice"):
        write_catalogue(tmp_path, [*named("a"), *named("b")])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "chess",
            ["Chess", "chess tactics", "Pocket Chess Club", "Grandchessmaster"],
            id="beginnings first, then beginnings of words, then the rest",
        ),
        pytest.param("CHESS  t", ["chess tactics"], id="case and spaces do not matter"),
        pytest.param("club pocket", ["Pocket Chess Club"], id="all words, in any order"),
        pytest.param("pokemon", ["Pokémon"], id="accents do not matter"),
        pytest.param("蛇", ["贪吃蛇"], id="other scripts"),
        pytest.param("draughts", [], id="nothing"),
        pytest.param("c.*s", [], id="no pattern language"),
    ],
)
def test_names_are_found_as_people_type_them(
    make_catalogue: MakeCatalogue, query: str, expected: list[str]
) -> None:
    catalogue = make_catalogue(
        named(
            "Grandchessmaster", "Pocket Chess Club", "chess tactics", "Chess", "Pokémon", "贪吃蛇"
        )
    )
    assert found(catalogue, query) == expected


def test_a_match_does_not_cross_from_one_name_into_the_next(make_catalogue: MakeCatalogue) -> None:
    catalogue = make_catalogue(named("solo", "lot"))
    assert found(catalogue, "ololo") == []
    assert found(catalogue, "lo") == ["lot", "solo"]


def test_pages_of_a_search_are_whole_and_in_order(make_catalogue: MakeCatalogue) -> None:
    catalogue = make_catalogue(named(*(f"game {number:02d}" for number in range(25))))
    pages = [catalogue.search("game", limit=10, offset=offset) for offset in (0, 10, 20)]
    assert [total for _, total in pages] == [25, 25, 25]
    assert [row for rows, _ in pages for row in rows] == list(range(25))


def test_browsing_goes_by_name_and_keeps_to_the_filters(make_catalogue: MakeCatalogue) -> None:
    first = named("beta", "Alpha", "gamma", category="Games")
    other = CatalogueApp(
        app_id="other", metadata=AppMetadata(name="aa", category="News"), source="test"
    )
    catalogue = make_catalogue([*first, other])
    filters = parse_filters({"category": ["games"]}, catalogue)
    rows, total = catalogue.browse(filters, limit=2)
    assert [catalogue.name(row) for row in rows] == ["Alpha", "beta"]
    assert total == 3
    rows, _ = catalogue.search("a", filters=filters, limit=10)
    assert "aa" not in [catalogue.name(row) for row in rows]


@pytest.mark.parametrize("given_name", ["Games", "gAMES", "GAME"])
def test_a_category_is_known_in_any_case_and_by_a_stores_word(
    make_catalogue: MakeCatalogue, given_name: str
) -> None:
    catalogue = make_catalogue(named("a", category="Games"))
    assert catalogue.canonical_category(given_name) == "Games"


def test_an_unknown_category_is_told_what_is_allowed(make_catalogue: MakeCatalogue) -> None:
    catalogue = make_catalogue(named("a", category="Games"))
    with pytest.raises(UnknownCategory, match="no category 'Gmes'; allowed: Games"):
        catalogue.canonical_category("Gmes")


def test_a_column_of_another_length_is_refused(make_catalogue: MakeCatalogue) -> None:
    apps = named("a", "b")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        write_catalogue(Path(one), apps)
        write_catalogue(Path(two), apps[:1])
        (Path(one) / "rating.npy").write_bytes((Path(two) / "rating.npy").read_bytes())
        with pytest.raises(ValueError, match="the columns differ in length"):
            Catalogue(Path(one))
