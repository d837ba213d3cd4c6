"""What a letter holds and where it goes back to, by each of the forms that letters have."""

import json

import pytest

from kindred.letters.letter import (
    FunctionInput,
    HeldRecord,
    Publication,
    StreamPart,
    Unreturnable,
    read_letter,
)
from tests.unit.letters import forms

PART = StreamPart(stream="events", shard_id="shardId-000000000000", first="5", last="9", records=3)
RUN = FunctionInput(function=forms.FUNCTION, payload={"scheduled_at": "2026-01-01T01:30:00Z"})


@pytest.mark.parametrize(
    ("body", "attributes", "content", "reason", "destination"),
    [
        pytest.param(
            forms.of_consumer(forms.event()),
            {},
            HeldRecord(partition_key="1.unit-1", data=forms.event()),
            "ValidationException: no",
            "the stream",
            id="an event that a function gave up goes as it came",
        ),
        pytest.param(
            forms.of_batch("5", "9", records=3),
            {},
            PART,
            "RetryAttemptsExhausted: ProcessEvents",
            "the stream",
            id="a batch that Lambda gave up is a part of the stream",
        ),
        pytest.param(
            *forms.of_schedule(),
            RUN,
            "AccessDeniedException: not allowed: DecideDaily",
            "function DecideDaily",
            id="a start that Scheduler could not make",
        ),
        pytest.param(
            forms.of_invocation(RUN.payload),
            {},
            RUN,
            "RetriesExhausted: DecideDaily: no table",
            "function DecideDaily",
            id="a run that failed to its last retry",
        ),
        pytest.param(
            *forms.of_notice(Subject="ALARM"),
            Publication(topic_arn=forms.TOPIC, subject="ALARM", message="it is on"),
            "503: down",
            "topic Warning",
            id="a notice that no subscriber took",
        ),
    ],
)
def test_a_letter_says_what_it_holds_and_why(body, attributes, content, reason, destination):
    letter = read_letter(body, attributes)

    assert (letter.content, letter.reason) == (content, reason)
    assert letter.destination == destination


def test_a_reason_is_a_text_whatever_was_written():
    assert read_letter(forms.of_consumer(forms.event(), reason=None), {}).reason == "None"


def test_a_record_that_was_cut_is_read_from_the_stream_where_it_is_whole():
    body = forms.of_consumer(b"x" * 100, number="7", data_cut_from=1_400_000)

    assert read_letter(body, {}).content == StreamPart(
        stream=None, shard_id="shardId-000000000000", first="7", last="7", records=1
    )


@pytest.mark.parametrize(
    ("body", "attributes", "why"),
    [
        pytest.param(
            forms.of_consumer(b"no event"), {}, "refused again: given no JSON", id="no event"
        ),
        pytest.param("!", {}, "no known form", id="no JSON"),
        pytest.param("[]", {}, "given no JSON object", id="no object"),
        pytest.param("[" * 100_000, {}, "no known form", id="deeper than can be read"),
        pytest.param("{}", {}, "no 'TARGET_ARN' in it", id="nothing that is known"),
        pytest.param(
            json.dumps({"KinesisBatchInfo": {}}), {}, "no 'requestContext' in it", id="half a batch"
        ),
        pytest.param(
            json.dumps({"KinesisBatchInfo": [], "requestContext": []}),
            {},
            "no known form",
            id="lists in the place of objects",
        ),
        pytest.param(
            *forms.of_schedule(IS_PAYLOAD_TRUNCATED="true"), "a part of the input", id="cut off"
        ),
        pytest.param(
            *forms.of_schedule(TARGET_ARN="arn:aws:states:::x"), "is no function", id="no function"
        ),
    ],
)
def test_what_nothing_could_take_back_says_so(body, attributes, why):
    letter = read_letter(body, attributes)

    assert isinstance(letter.content, Unreturnable)
    assert why in letter.content.why
    assert (letter.destination, bool(letter.reason)) == ("nowhere", True)


def test_what_is_shown_is_what_the_producer_sent_and_no_longer_than_a_person_reads():
    shown = read_letter(forms.of_consumer(b"{" + b"x" * 1_000), {}).shown

    assert shown.startswith("{xxx")
    assert len(shown) < 320
