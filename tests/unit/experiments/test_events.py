"""What is an event and what is not, and why."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest

from kindred.experiments.events import (
    Click,
    Conversion,
    Exposure,
    InvalidEvent,
    Prediction,
    decode,
    decode_all,
    encode,
    new_event_id,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ENVELOPE = {"event_id": "01J9ZK7Q0000000000000000AB", "occurred_at": AT, "unit_id": "u-1"}
DOCUMENT = {
    "type": "conversion",
    "event_id": "01J9ZK7Q0000000000000000AB",
    "occurred_at": "2026-01-02T03:04:05Z",
    "unit_id": "u-1",
    "experiment_id": "checkout",
    "metric": "revenue",
    "value": 12.5,
}


def given(**changes: object) -> bytes:
    return json.dumps(
        {name: value for name, value in {**DOCUMENT, **changes}.items() if value is not None}
    ).encode()


@pytest.mark.parametrize(
    "event",
    [
        Exposure(
            **ENVELOPE, experiment_id="e", variation="a", segments={"country": "DE"}, covariate=2
        ),
        Conversion(**ENVELOPE, experiment_id="e", metric="m", value=-2.5, cross=("n",)),
        Click(**ENVELOPE, experiment_id="e", served="b", variation="a", app_id="app"),
        Prediction(**ENVELOPE, app_id="app", model_version="v2", score=0.4),
        Click(**ENVELOPE, request_id="r", app_id="app"),
        Prediction(**ENVELOPE, app_id="a", model_version="v2", neighbors=("b",), query="{}"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_survives_the_stream(event):
    assert decode(encode(event)) == event


def test_what_is_left_out_has_its_default_and_is_written_out_for_other_readers():
    event = decode(given(value=None))

    assert event.value == 1
    assert json.loads(encode(event))["value"] == 1


def test_a_field_of_a_later_version_is_passed_over():
    assert decode(given(colour="red")) == decode(given())


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(b"\x00\x01", "given no JSON document", id="bytes"),
        pytest.param(
            given(type="click", experiment_id=None, metric=None),
            "experiment_id: required, unless request_id says what was answered",
            id="a click on nothing",
        ),
        pytest.param(b'{"type": "click"', "given no JSON document", id="broken off"),
        pytest.param(b"[" * 100_000, "expected `object`, got `array`", id="deep"),
        pytest.param(b"{}", "missing required field `type`", id="empty"),
        pytest.param(
            given(type="purchase"),
            "type: invalid value 'purchase', allowed exposure, conversion, click, prediction",
            id="another type",
        ),
        pytest.param(given(unit_id=None), "missing required field `unit_id`", id="no unit"),
        pytest.param(given(unit_id="u" * 257), "unit_id: expected `str` of length", id="long"),
        pytest.param(given(event_id="short"), "event_id: expected `str` of length", id="short id"),
        pytest.param(given(occurred_at="yesterday"), "occurred_at: invalid RFC3339", id="no time"),
        pytest.param(given(occurred_at="2026-01-02T03:04:05"), "timezone", id="a time of no zone"),
        pytest.param(
            given(occurred_at="0001-01-01T00:00:00+14:00"),
            "occurred_at: given the year 1, allowed 2000 to 2100",
            id="a year that no zone can move",
        ),
        pytest.param(given(value="12"), "value: expected `float`, got `str`", id="no number"),
        pytest.param(given(value=1e10), "value: expected `float` <=", id="a huge value"),
        pytest.param(given().replace(b"12.5", b"1e999"), "value: number out of range", id="inf"),
        pytest.param(given().replace(b"12.5", b"NaN"), "given no JSON document", id="not a number"),
        pytest.param(given(metric="a#b"), "given the key 'a#b', allowed a to z", id="a separator"),
        pytest.param(given(experiment_id="Ex"), "given the key 'Ex'", id="an upper-case key"),
        pytest.param(given(cross=["a*b"]), "given the key 'a*b'", id="an odd key in cross"),
        pytest.param(given(cross=["m"] * 9), "cross: expected `array` of length <= 8", id="many"),
        pytest.param(
            given(type="exposure", variation="a", segments={str(n): "x" for n in range(4)}),
            "segments: expected `object` of length <= 3",
            id="four segments",
        ),
    ],
)
def test_a_record_that_is_no_event_says_what_was_given_and_what_is_allowed(document, reason):
    with pytest.raises(InvalidEvent) as refused:
        decode(document)

    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (b64encode(b"\x00").decode(), "given no JSON document"),
        (b64encode(given(value="12")).decode(), "value: expected `float`"),
        (b64encode(given(metric="a#b")).decode(), "given the key 'a#b'"),
        (b64encode(given(occurred_at="1999-01-01T00:00:00Z")).decode(), "the year 1999"),
        ("?", "given no base64"),
    ],
)
def test_one_bad_record_leaves_a_batch_its_events(poison, reason):
    good = b64encode(given()).decode()

    first, refused, last = decode_all([good, poison, good])

    assert first == last == decode(given())
    assert isinstance(refused, InvalidEvent)
    assert reason in str(refused)


def test_a_batch_is_decoded_as_its_records_are():
    documents = [given(), given(type="click"), given(type="exposure", variation="a")]

    assert decode_all([b64encode(each).decode() for each in documents]) == [
        decode(each) for each in documents
    ]
    assert decode_all([]) == []


def test_a_new_id_is_a_uuid_of_version_7_that_begins_with_the_time():
    before = time.time_ns() // 1_000_000
    ids = [new_event_id() for _ in range(1_000)]
    after = time.time_ns() // 1_000_000

    assert len(set(ids)) == 1_000
    for each in map(UUID, ids):
        assert (each.version, each.variant) == (7, "specified in RFC 4122")
        assert before <= each.int >> 80 <= after
