import base64
import json

import pytest

from kindred.privacy.forgetting import (
    CAPTURED_DIGITS,
    definitions_that_name,
    event_in,
    names_of,
    requesters_of,
)
from kindred.privacy.pseudonyms import digest_of
from tests.pseudonyms import SecretFake, pseudonym

ANNA = names_of("anna", SecretFake().current)


def event(unit):
    return json.dumps({"type": "exposure", "unit_id": unit}).encode()


@pytest.mark.parametrize(
    ("document", "hers"),
    [
        pytest.param(event(pseudonym("anna")), True, id="her pseudonym"),
        pytest.param(event("anna"), True, id="her own id, from before there were pseudonyms"),
        pytest.param(event("annabel"), False, id="an id that begins like hers"),
        pytest.param(event(pseudonym("bert")), False, id="another's pseudonym"),
        pytest.param(b'{"unit_id": "anna", broken', True, id="no JSON, but her id as a text"),
        pytest.param(b"anna and others", False, id="her id as a word"),
        pytest.param(pseudonym("anna").encode(), True, id="her pseudonym in anything"),
        pytest.param(b'{"reason": "anna"}', True, id="an object that is no event"),
        pytest.param(b"", False, id="nothing"),
    ],
)
def test_an_event_is_hers_by_any_of_her_names_and_by_no_part_of_one(document, hers):
    assert ANNA.named_by_event(document) is hers


@pytest.mark.parametrize("spelled", ["jörg", "j\\u00f6rg"])
def test_a_broken_event_is_hers_however_its_letters_are_written(spelled):
    names = names_of("jörg", SecretFake().current)

    assert names.named_by_event(f'{{"unit_id": "{spelled}", broken'.encode())


def test_a_captured_request_is_hers_by_the_digits_of_her_pseudonym():
    digits = digest_of(pseudonym("anna"))[:CAPTURED_DIGITS]

    assert ANNA.named_by_capture(f"{digits}-01890a5d-ac96")
    assert not ANNA.named_by_capture(f"{digits[:-1]}-01890a5d-ac96")
    assert not ANNA.named_by_capture(None)


def test_a_unit_may_be_of_several_partners_where_names_have_colons():
    assert requesters_of("a:b:c") == (("a", "b:c"), ("a:b", "c"))
    assert requesters_of("anna") == requesters_of(":b") == ()


def test_what_people_wrote_names_her_by_a_whole_value():
    source = {
        "definitions": {
            "saved_groups": [
                {"key": "vip", "values": ["bert", "anna"]},
                {"key": "no", "values": []},
            ],
            "experiments": [{"key": "e", "condition": {"id": {"$in": ["anna"]}}, "name": "anna's"}],
            "flags": [{"key": "f", "rules": [{"condition": {"id": "annabel"}}]}],
        }
    }

    assert list(definitions_that_name(source, ANNA)) == ["saved_groups vip", "experiments e"]
    assert list(definitions_that_name({}, ANNA)) == []


def test_a_record_of_a_failure_that_holds_no_base64_holds_nothing():
    assert event_in({"rawData": base64.b64encode(b"x").decode()}, field_name="rawData") == b"x"
    assert event_in({"rawData": "%%"}, field_name="rawData") == b""
    assert event_in({}, field_name="rawData") == b""


def test_her_names_are_not_shown():
    assert "anna" not in repr(ANNA)
