"""`kindred forget` where a second region stands by: the functions of both are asked."""

import io
import json

import boto3
import pytest
from aws_lambda_powertools import Logger
from typer.testing import CliRunner

from ops.cli import app
from ops.deployed_stage import DeployedStage
from privacy_functions import forget_records, forgetting
from tests.pseudonyms import SecretFake
from tests.unit.aws.two_regions import FIRST, REPLICA, SECOND, SOURCE, two_regions
from tests.unit.ops_privacy.two_regions_asked import (
    ANOTHERS,
    GATHERED,
    HERS,
    Lake,
    Place,
    always,
    never,
)

# Seconds a file.
pytestmark = pytest.mark.slow


@pytest.fixture
def place(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(forgetting, "_pseudonyms", SecretFake)
    # A function's log is its own, not what the command writes.
    monkeypatch.setattr(
        forgetting, "logger", lambda: Logger(service="its-own", stream=io.StringIO())
    )
    monkeypatch.setattr(forget_records, "EventLake", Lake)
    client = boto3.client
    with two_regions() as regions:
        place = Place(regions)
        monkeypatch.setattr(DeployedStage, "output", lambda *asked: place.output(*asked))
        monkeypatch.setattr(
            boto3,
            "client",
            lambda service, **given: (
                place.functions[given["region_name"]]
                if service == "lambda"
                else client(service, **given)
            ),
        )
        yield place


def forget(*options):
    given = ["forget", "anna", "--environment", "prod", "--json", *options]
    result = CliRunner().invoke(app, given)
    return result, json.loads(result.stdout) if result.stdout else None


def counted(document, name):
    return {
        (each["region"], each["store"]): each[name] for each in document["stores"] if each[name]
    }


def test_what_the_second_region_gathered_is_removed_there_and_told_as_its_own(place):
    result, document = forget()

    assert (result.exit_code, document["clean"]) == (0, True), result.output
    assert counted(document, "removed") == {
        (SECOND, "event archive"): 1,
        (SECOND, "events not archived"): 1,
        (FIRST, "event archive"): 1,
    }
    assert counted(document, "found_afterwards") == {}
    assert place.held(REPLICA) == ""
    for bucket in (SOURCE, GATHERED):
        assert HERS not in place.held(bucket)
        assert ANOTHERS in place.held(bucket)
    assert place.kept(FIRST) == [document]
    assert place.kept(SECOND) == []


def test_each_store_is_told_with_its_region_and_copies_with_theirs(place):
    _, document = forget("--look")

    stores = {(each["region"], each["store"]) for each in document["stores"]}
    assert {store for region, store in stores if region == SECOND} == {
        *("event archive", "events not archived", "dead letters 1", "definitions", "logs"),
        *("copies of the event archive", "copies of captured requests"),
    }
    assert {(FIRST, "ledger"), (FIRST, "request log"), (FIRST, "captured requests")} < stores


def test_what_flows_home_with_a_failback_is_removed_where_it_comes_from_first(place):
    _, document = forget()

    archives = [each["region"] for each in document["stores"] if each["store"] == "event archive"]
    assert archives == [SECOND, FIRST]


def test_a_region_that_does_not_answer_is_told_and_the_other_is_gone_through(place):
    place.functions[SECOND].answers = never
    result, document = forget()

    assert result.exit_code == 1
    assert (document["clean"], document["unanswered"]) == (False, [SECOND])
    assert f"not gone through to the end: {SECOND}" in result.stderr
    assert HERS not in place.held(SOURCE)
    assert HERS in place.held(GATHERED)
    place.functions[SECOND].answers = always
    assert forget()[0].exit_code == 0
    assert HERS not in place.held(GATHERED)


def test_where_the_first_region_is_lost_the_second_keeps_the_report(place):
    place.lost = FIRST
    result, document = forget()

    assert result.exit_code == 1
    assert (document["clean"], document["unanswered"]) == (False, [FIRST])
    assert f"{FIRST}: the outputs of stack PrivacyStack cannot be read" in result.stderr
    assert HERS not in place.held(GATHERED)
    assert HERS in place.held(SOURCE)
    assert HERS in place.held(REPLICA)
    assert (place.kept(FIRST), place.kept(SECOND)) == ([], [document])


def test_what_nobody_looked_at_again_is_not_called_gone(place):
    place.functions[SECOND].answers = lambda question: question.get("remove", True)
    result, document = forget()

    assert result.exit_code == 1
    assert (document["clean"], document["unanswered"]) == (False, [SECOND])
    afterwards = {
        (each["region"], each["store"]): each["found_afterwards"] for each in document["stores"]
    }
    assert afterwards[SECOND, "event archive"] is None
    assert afterwards[FIRST, "event archive"] == 0


def test_a_look_that_a_region_did_not_answer_is_not_clean(place):
    place.functions[SECOND].answers = never
    forget()
    result, document = forget("--look")

    assert result.exit_code == 1
    assert (document["clean"], document["unanswered"]) == (False, [SECOND])
    assert counted(document, "found") == {}


def test_where_no_region_answers_there_is_nothing_to_report(place):
    for functions in place.functions.values():
        functions.answers = never
    result, document = forget()

    assert (result.exit_code, document) == (1, None)
    assert f"no region answers: {SECOND}, {FIRST}" in result.stderr
    assert place.kept(FIRST) == place.kept(SECOND) == []
