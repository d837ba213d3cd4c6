"""Tokenisation, shared by fit and query."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kindred.similarity.words import fold, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Pocket  BUDGET", ["pocket", "budget"], id="case and spaces do not matter"),
        pytest.param("Pokémon GO!", ["pokemon", "go"], id="accents and marks do not matter"),
        pytest.param("a b C4", ["c4"], id="single letters are no words"),
        pytest.param("see https://example.com/x now", ["see", "now"], id="addresses are left out"),
        pytest.param("贪吃蛇大", ["贪吃", "吃蛇", "蛇大"], id="chinese is cut into pairs"),
        pytest.param("蛇", ["蛇"], id="one character of chinese stays"),
        pytest.param(
            "LINE公式アプリ", ["line", "公式", "式ア", "アプ", "プリ"], id="scripts part words"
        ),
        pytest.param("Погода и радар", ["погода", "радар"], id="cyrillic has words"),
        pytest.param("날씨 예보", ["날씨", "예보"], id="hangul has words, and stays composed"),
        pytest.param("ガス", ["ガス"], id="a voiced kana is not its unvoiced sister"),
        pytest.param("snake_case", ["snake", "case"], id="an underscore parts words"),
        pytest.param(" \n\t", [], id="nothing gives nothing"),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=200))
@example("0\U0001d54a")
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
