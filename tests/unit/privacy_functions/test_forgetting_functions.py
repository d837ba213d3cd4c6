import io
import json

import pytest
from aws_lambda_powertools import Logger

from kindred.privacy.forgetting import Passed
from privacy_functions import forgetting
from tests.pseudonyms import SecretFake, pseudonym


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setattr(forgetting, "_pseudonyms", SecretFake)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    told = []

    def store(names, remove, cursor):
        told.append((names, remove, cursor))
        return Passed(looked_at=3, found=2, removed=2 * remove, cursor="next", notes=("a note",))

    def ask(**event):
        return forgetting.answer(event, {"a store": store}), told

    return ask


def test_without_a_store_its_stores_are_named_with_where_each_is(asked):
    assert asked()[0] == {"stores": {"a store": "us-east-1"}}
    stores = {"here": None, "there": None}
    assert forgetting.answer({}, stores, elsewhere={"there": "us-west-2"}) == {
        "stores": {"here": "us-east-1", "there": "us-west-2"}
    }


def test_a_pass_goes_to_its_store_under_all_of_the_units_names(asked):
    answer, [(names, remove, cursor)] = asked(
        unit="anna", store="a store", remove=True, cursor="here"
    )

    assert names.all == ("anna", pseudonym("anna"))
    assert (remove, cursor) == (True, "here")
    assert json.loads(json.dumps(answer)) == {
        **{"looked_at": 3, "found": 2, "removed": 2, "cursor": "next"},
        "notes": ["a note"],
        "whole": True,
    }


def test_nothing_is_logged_of_whom_it_is_about(asked, monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(forgetting, "logger", lambda: Logger(service="forgetting", stream=log))
    asked(unit="anna", store="a store", remove=False)

    logged = log.getvalue()
    assert "store passed" in logged
    assert "anna" not in logged
    assert pseudonym("anna") not in logged


@pytest.mark.parametrize(
    "event",
    [
        {"unit": "", "store": "a store", "remove": True},
        {"unit": "u" * 257, "store": "a store", "remove": True},
        {"unit": 7, "store": "a store", "remove": True},
        {"unit": "anna", "store": "another", "remove": True},
        {"unit": "anna", "store": "a store", "remove": "yes"},
        {"unit": "anna", "store": "a store"},
    ],
)
def test_what_is_no_question_is_refused_without_naming_the_unit(asked, event):
    with pytest.raises(ValueError, match="allowed") as refused:
        asked(**event)
    assert "anna" not in str(refused.value)
