import json
import uuid

import pytest
from aws_lambda_powertools import Logger

import kindred_service.interactions as interactions_module
from kindred.experiments.events import Click, Prediction, decode
from kindred_service.interactions import Interactions, predicted_performance
from tests.pseudonyms import SecretFake, pseudonym

REQUEST = "01890a5d-ac96-774b-bcce-b302099a8057"
CLICK = {"type": "click", "event_id": str(uuid.UUID(int=7)), "partner_id": "p", "app_id": "app-001"}


class StreamFake:
    def __init__(self):
        self.records, self.refuses = [], {}

    def put(self, records):
        refused = {at: "Throttled" for at in range(len(records)) if at in self.refuses}
        self.records += [each for at, each in enumerate(records) if at not in refused]
        return refused


class Buffer:
    def __init__(self):
        self.stream, self.dropped = StreamFake(), []
        self.interactions = Interactions(
            self.stream,
            pseudonyms=SecretFake(),
            logger=Logger(service="test"),
            count_dropped=self.dropped.append,
        )

    def predict(self, *numbers):
        for number in numbers:
            self.interactions.add(
                predicted_performance(
                    event_id=str(uuid.UUID(int=number)),
                    partner_id="p",
                    app_id="a",
                    model_version="v2",
                    score=number,
                )
            )

    @property
    def sent(self):
        return [int(decode(record.data).score) for record in self.stream.records]


@pytest.fixture
def buffer():
    return Buffer()


@pytest.fixture
def sent(platform):
    return platform.interactions.events


def test_what_was_recommended_is_told_with_its_question(similarity, sent, new_app):
    body = {"partner_id": "p", "app_id": "mine", "app": new_app, "top_k": 3}
    answer = similarity.post("/api/v1/find-similar", json=body).json()

    [event] = sent
    assert isinstance(event, Prediction)
    assert event.event_id == event.request_id == answer["request_id"]
    assert list(event.neighbors) == [each["app_id"] for each in answer["neighbors"]]
    assert (event.unit_id, event.app_id) == ("p:mine", "mine")
    assert event.model_version == answer["model_version"]
    assert json.loads(event.query)["name"] == new_app["name"]
    assert json.loads(event.query)["features"] == new_app["features"]


def test_a_long_description_is_told_in_part(similarity, sent, new_app):
    body = {"partner_id": "p", "app_id": "mine", "app": {**new_app, "description": "rain " * 2_000}}
    similarity.post("/api/v1/find-similar", json=body)

    assert len(json.loads(sent[0].query)["description"]) == 2_000


def test_a_click_on_a_neighbour_names_the_answer_it_stood_in(similarity, sent):
    answer = similarity.post(
        "/api/v1/outcomes", json={**CLICK, "request_id": REQUEST, "clicked_app_id": "app-002"}
    )

    assert answer.status_code == 202
    [event] = sent
    assert isinstance(event, Click)
    assert (event.request_id, event.app_id, event.experiment_id) == (REQUEST, "app-002", None)


def test_a_click_on_no_neighbour_teaches_nothing(similarity, sent):
    assert similarity.post("/api/v1/outcomes", json=CLICK).status_code == 202
    assert sent == []


@pytest.mark.parametrize("part", [{"request_id": REQUEST}, {"clicked_app_id": "app-002"}], ids=str)
def test_half_of_a_click_s_place_is_refused(similarity, platform, part):
    answer = similarity.post("/api/v1/outcomes", json={**CLICK, **part})

    assert answer.status_code == 422
    assert "both or neither" in answer.text
    assert platform.recorder.outcomes == []


def test_a_predicted_performance_is_told_and_so_is_what_was_seen(prediction, similarity, sent):
    query = {"partner_id": "p", "app_id": "app-001"}
    answer = prediction.post("/api/v1/predict", json=query).json()
    seen = {**CLICK, "type": "performance", "predicted": 0.04, "observed": 0.01}
    similarity.post("/api/v1/outcomes", json=seen)

    predicted, observed = sent
    assert predicted.score == answer["prediction"]["score"]
    assert (observed.score, observed.observed) == (0.04, 0.01)


def test_events_go_to_the_stream_in_order_by_unit(buffer):
    buffer.predict(1, 2, 3)

    assert buffer.interactions.flush()
    assert buffer.sent == [1, 2, 3]
    assert {record.partition_key for record in buffer.stream.records} == {pseudonym("p:a")}


def test_what_the_stream_refuses_goes_again_before_what_came_later(buffer):
    buffer.predict(1, 2, 3)
    buffer.stream.refuses = {0, 2}

    assert not buffer.interactions.flush()
    buffer.stream.refuses = {}
    buffer.predict(4)

    assert buffer.interactions.flush()
    assert buffer.sent == [2, 1, 3, 4]


def test_a_full_buffer_gives_the_oldest_away_and_counts_it(buffer, monkeypatch):
    monkeypatch.setattr(interactions_module, "_EVENTS_KEPT", 2)
    buffer.predict(1, 2, 3)
    buffer.interactions.flush()

    assert buffer.sent == [2, 3]
    assert buffer.dropped == ["interaction"]


def test_what_could_never_be_read_again_is_not_sent(buffer):
    buffer.predict(10**10)
    buffer.interactions.flush()

    assert buffer.sent == []
    assert buffer.dropped == ["interaction"]


def test_what_leaves_names_its_unit_by_pseudonym_alone(buffer):
    buffer.predict(1)
    buffer.interactions.flush()

    [record] = buffer.stream.records
    assert record.partition_key == decode(record.data).unit_id == pseudonym("p:a")
