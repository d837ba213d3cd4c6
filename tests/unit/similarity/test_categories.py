"""Category names across stores."""

import pytest

from kindred.similarity.categories import canonical_name


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("GAME", "Games", id="a store's own word"),
        pytest.param("Games", "Games", id="the other store's"),
        pytest.param("HEALTH_AND_FITNESS", "Health & Fitness", id="underscores and an and"),
        pytest.param("Health & Fitness", "Health & Fitness", id="as written"),
        pytest.param("health and fitness", "Health & Fitness", id="in small letters"),
        pytest.param("TOOLS", "Utilities", id="two words for one thing"),
        pytest.param("AUTO_AND_VEHICLES", "Auto & Vehicles", id="a category of one store only"),
        pytest.param("DATING", "Dating", id="capitals"),
        pytest.param("iOS things", "iOS things", id="mixed case is someone's spelling"),
        pytest.param("LAND_AND_BRAND", "Land & Brand", id="an and within a word stays"),
    ],
)
def test_canonical_name(given: str, expected: str) -> None:
    assert canonical_name(given) == expected


def test_a_canonical_name_stays_what_it_is() -> None:
    for given in ("GAME", "MAPS_AND_NAVIGATION", "VIDEO_PLAYERS", "FAMILY", "Book"):
        assert canonical_name(canonical_name(given)) == canonical_name(given)
