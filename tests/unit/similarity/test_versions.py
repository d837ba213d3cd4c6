"""The names that models and arms may have, and their order."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kindred.similarity.embedding import dimension_of
from kindred.similarity.versions import (
    ALLOWED,
    FITTED,
    LAST,
    PATTERN,
    InvalidVersion,
    is_trained,
    is_version,
    next_version,
    number_of,
)

NAMES = [f"v{number}" for number in range(1, LAST + 1)]


def test_the_names_follow_one_another_to_the_last() -> None:
    names = ["v1"]
    while names[-1] != NAMES[-1]:
        names.append(next_version(names[-1]))

    assert names == NAMES
    with pytest.raises(InvalidVersion, match="given one after v999, allowed v1, v2, "):
        next_version("v999")


def test_all_but_the_fitted_ones_are_trained_in_the_space_of_v2() -> None:
    assert tuple(name for name in NAMES if not is_trained(name)) == FITTED
    assert {dimension_of(name) for name in NAMES if is_trained(name)} == {128}
    assert dimension_of("v1") == 64


@example("v0")
@example("v01")
@example("v1000")
@example("v1\n")
@given(st.text() | st.from_regex(r"\s?[vV]\d{1,3}\s?", fullmatch=True) | st.sampled_from(NAMES))
def test_nothing_else_is_a_version(text: str) -> None:
    assert is_version(text) == (text in NAMES)
    # As JSON Schema reads it, where a line's end is no exception.
    assert is_version(text) == bool(re.search(PATTERN.replace("$", r"\Z"), text))
    if text not in NAMES:
        with pytest.raises(InvalidVersion, match=re.escape(f"given {text!r}, allowed {ALLOWED}")):
            number_of(text)


@pytest.mark.parametrize("given", [None, 3, b"v3", ["v3"]])
def test_what_is_no_text_is_no_version(given: object) -> None:
    assert not is_version(given)
