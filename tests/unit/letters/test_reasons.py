"""One trouble's letters are one line, and are chosen by what that line says."""

import pytest

from kindred.letters.letter import read_letter
from kindred.letters.reasons import grouped, is_because
from tests.unit.letters import forms


def because(reason):
    return read_letter(forms.of_consumer(b"{}", reason=reason), {})


def test_reasons_that_differ_in_a_value_are_one_and_the_most_frequent_is_first():
    letters = [
        because("given no JSON document"),
        because("type: invalid value 'purchase', allowed exposure"),
        because("type: invalid value 'sale', allowed exposure"),
        because("occurred_at: given the year 1970, allowed 2000 to 2100"),
        because("request 3f2bd1aa-0000-4000-8000-c0ffee000000 at 12:30:01.5 failed"),
    ]

    found = grouped(letters)

    assert [(each.reason, each.letters) for each in found] == [
        ("type: invalid value *, allowed exposure", 2),
        ("given no JSON document", 1),
        ("occurred_at: given the year *, allowed * to *", 1),
        ("request * at * failed", 1),
    ]
    assert found[0].example is letters[1]


def test_what_can_go_back_is_told_from_what_cannot():
    letters = [read_letter(forms.of_consumer(data), {}) for data in (b"{}", forms.event(), b"{}")]

    assert [(each.example.destination, each.letters) for each in grouped(letters)] == [
        ("nowhere", 2),
        ("the stream", 1),
    ]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        pytest.param("'purchase'", True, id="as it was written"),
        pytest.param("Invalid Value *, allowed", True, id="as it is listed, in any case"),
        pytest.param("'sale'", False, id="another value"),
        pytest.param("JSON", False, id="another reason"),
    ],
)
def test_letters_are_chosen_by_their_reason(text, chosen):
    assert is_because(because("type: invalid value 'purchase', allowed exposure"), text) is chosen
