"""Which events reach the stream, as they are counted there."""

import asyncio
import json
import threading
from collections import Counter

import pytest
from fastapi.testclient import TestClient

from experiments_service.main import create_app
from experiments_service.tracking import put_events
from kindred.experiments.definitions import Metric
from kindred.experiments.events import Conversion, decode, new_event_id
from tests.pseudonyms import pseudonym
from tests.service.experiments.evaluation_fixtures import (
    collaborators,
    definitions,
    experiment,
    published,
)

TRACK, BATCH = "/api/v1/tracking/track", "/api/v1/tracking/batch"


def exposure(unit="u1", **changes):
    return {
        "event_id": new_event_id(),
        "type": "exposure",
        "occurred_at": "2026-03-01T12:00:00Z",
        "unit_id": unit,
        "experiment_id": "checkout",
        "variation": "control",
        **changes,
    }


def conversion(unit="u1", metric="purchase", **changes):
    event = exposure(unit, **{"type": "conversion", "metric": metric, **changes})
    if "variation" not in changes:
        del event["variation"]
    return event


def on_stream(stream):
    return [decode(record.data) for record in stream.records]


@pytest.mark.parametrize("event", [exposure(), conversion(), conversion(metric="revenue", value=9)])
def test_an_event_reaches_the_stream_under_its_unit(client, stream, event):
    response = client.post(TRACK, json=event)

    assert response.status_code == 202
    assert response.json() == {"status": "accepted", "event_id": event["event_id"]}
    [record] = stream.records
    assert record.partition_key == decode(record.data).unit_id == pseudonym(event["unit_id"])
    assert decode(record.data).event_id == event["event_id"]
    assert event["unit_id"] not in (record.partition_key, record.data.decode())


REJECTED = [
    pytest.param(exposure(experiment_id="nobody"), "no experiment has", id="unknown experiment"),
    pytest.param(exposure(experiment_id="draft"), "is draft", id="experiment not started"),
    pytest.param(exposure(variation="c"), "allowed control, treatment", id="unknown variation"),
    pytest.param(exposure(served="c"), "allowed control, treatment", id="unknown served"),
    pytest.param(conversion(metric="clicks"), "allowed purchase", id="unknown metric"),
    pytest.param(conversion(metric="revenue-per-visit"), "metric", id="a ratio itself"),
    pytest.param(
        conversion(type="click"), "given 'click', allowed purchase", id="click is no metric here"
    ),
    pytest.param({**exposure(), "type": "wish"}, "allowed exposure", id="unknown type"),
    pytest.param({**exposure(), "occurred_at": "yesterday"}, "occurred_at", id="no time"),
    pytest.param({**exposure(), "unit_id": ""}, "unit_id", id="no unit"),
    pytest.param({**conversion(), "value": 1e12}, "value", id="value too large"),
    pytest.param({}, "type", id="nothing"),
    pytest.param([1], "", id="a list"),
    pytest.param("text", "", id="text"),
]


@pytest.mark.parametrize(("event", "reason"), REJECTED)
def test_an_event_that_no_experiment_takes_is_a_problem(client, stream, event, reason):
    response = client.post(TRACK, json=event)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert reason in response.json()["detail"]
    assert stream.records == []


@pytest.mark.parametrize(("event", "reason"), REJECTED)
def test_in_a_batch_it_is_rejected_alone(client, stream, event, reason):
    response = client.post(BATCH, json={"events": [exposure("a"), event, exposure("b")]})

    assert response.status_code == 207
    answer = response.json()
    assert [each["status"] for each in answer["results"]] == ["accepted", "rejected", "accepted"]
    assert reason in answer["results"][1]["reason"]
    given = event.get("event_id") if isinstance(event, dict) else None
    assert answer["results"][1].get("event_id") == given
    assert [record.partition_key for record in stream.records] == [pseudonym("a"), pseudonym("b")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param('"DE"', '"\\ud83d"', id="half a character"),
        pytest.param('"DE"', "1e999", id="a number beyond all numbers"),
    ],
)
def test_what_is_no_strict_json_in_one_event_is_rejected_alone(client, stream, written, meant):
    events = [exposure("a"), exposure("x", segments={"country": "DE"}), exposure("b")]
    response = client.post(BATCH, content=json.dumps({"events": events}).replace(written, meant))

    answer = response.json()
    assert [each["status"] for each in answer["results"]] == ["accepted", "rejected", "accepted"]
    assert [record.partition_key for record in stream.records] == [pseudonym("a"), pseudonym("b")]


def test_a_batch_of_five_hundred_goes_onto_the_stream_together_and_in_order(client, stream):
    events = [exposure(f"u{n}") for n in range(500)]

    response = client.post(BATCH, json={"events": events})

    assert response.status_code == 202
    answer = response.json()
    assert (answer["accepted"], answer["rejected"], answer["retry"]) == (500, 0, 0)
    assert [each["event_id"] for each in answer["results"]] == [e["event_id"] for e in events]
    assert [each.event_id for each in on_stream(stream)] == [e["event_id"] for e in events]
    assert stream.calls == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"events": [exposure()] * 501}, id="too many"),
        pytest.param({"events": []}, id="none"),
        pytest.param({}, id="no list"),
        pytest.param({"events": {"a": 1}}, id="no list but an object"),
        pytest.param([exposure()], id="a bare list"),
    ],
)
def test_a_batch_of_another_size_or_shape_is_refused_whole(client, stream, body):
    response = client.post(BATCH, json=body)

    assert response.status_code == 422
    assert response.json()["type"] == "urn:kindred:problem:invalid-request"
    assert stream.records == []


def test_a_batch_that_is_no_json_is_refused(client):
    assert client.post(BATCH, content=b'{"events": [').status_code == 422


def test_a_body_over_a_megabyte_is_refused(client, stream):
    response = client.post(BATCH, json={"events": [exposure(note="x" * 1_100_000)]})

    assert response.status_code == 413
    assert stream.records == []


def test_what_the_stream_did_not_take_is_to_be_sent_again(client, stream):
    stream.refused = {pseudonym("b")}
    events = [exposure(unit) for unit in "abc"]

    response = client.post(BATCH, json={"events": events})

    statuses = [each["status"] for each in response.json()["results"]]
    assert (response.status_code, statuses) == (207, ["accepted", "retry", "accepted"])
    assert [record.partition_key for record in stream.records] == [pseudonym("a"), pseudonym("c")]


@pytest.mark.parametrize(
    ("path", "body"), [(TRACK, exposure()), (BATCH, {"events": [exposure(), exposure("u2")]})]
)
def test_a_stream_that_is_down_says_when_to_send_again(client, stream, path, body):
    stream.refused = {"*"}

    response = client.post(path, json=body)

    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert response.json()["type"] == "urn:kindred:problem:event-stream-unavailable"


def test_a_ratios_metrics_name_each_other(client, stream):
    for metric in ("revenue", "visits", "purchase"):
        client.post(TRACK, json=conversion(metric=metric, cross=["made-up"]))

    crossed = {each.metric: each.cross for each in on_stream(stream)}
    assert crossed == {"revenue": ("visits",), "visits": ("revenue",), "purchase": ()}


def test_only_declared_segments_are_kept(client, stream):
    client.post(TRACK, json=exposure(segments={"country": "DE", "email": "a@b.c"}))

    assert on_stream(stream)[0].segments == {"country": "DE"}


def test_an_event_keeps_what_was_served_in_truth(client, stream):
    client.post(TRACK, json=exposure(served="treatment"))

    assert on_stream(stream)[0].served == "treatment"


def test_a_click_is_taken_where_the_experiment_measures_clicks():
    clicks = experiment(metrics=(Metric(key="click", name="Clicked"),))
    held = collaborators(published(definitions(experiments=(clicks,))))
    event = {**conversion(type="click"), "app_id": "app-1"}
    del event["metric"]

    assert TestClient(create_app(held)).post(TRACK, json=event).status_code == 202


def test_a_prediction_needs_no_experiment(client, stream):
    event = exposure(type="prediction", app_id="a", model_version="v1", score=0.5)
    for name in ("experiment_id", "variation"):
        del event[name]

    assert client.post(TRACK, json=event).status_code == 202


def test_each_fate_is_counted(client, held, stream):
    stream.refused = {pseudonym("b")}
    client.post(BATCH, json={"events": [exposure("a"), exposure("b"), {}, {}]})

    text = held.metrics.prometheus_text().decode()
    counted = Counter(
        {
            fate: float(line.split()[-1])
            for line in text.splitlines()
            for fate in ("accepted", "retry", "rejected")
            if line.startswith(f"events_{fate}_total")
        }
    )
    assert counted == {"accepted": 1.0, "retry": 1.0, "rejected": 2.0}


def test_what_a_batch_decodes_is_what_one_event_does(client, stream):
    event = conversion(metric="revenue", value=12.5, variation="treatment")
    client.post(TRACK, json=event)
    client.post(BATCH, content=json.dumps({"events": [event]}))

    one, other = on_stream(stream)
    assert one == other
    assert isinstance(one, Conversion)


def test_a_stream_that_hangs_leaves_threads_to_whoever_publishes(held):
    awake = threading.Event()

    async def scenario():
        waiting = [
            asyncio.create_task(put_events([decode(json.dumps(exposure()).encode())], {}, held))
            for _ in range(100)
        ]
        await asyncio.sleep(0.05)
        async with asyncio.timeout(1):
            await asyncio.to_thread(int)
        awake.set()
        await asyncio.gather(*waiting)

    def put(_records):
        awake.wait(10)
        return {}

    held.event_stream.put = put
    asyncio.run(scenario())
