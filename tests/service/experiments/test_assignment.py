"""Who is assigned to what, and the exposure that goes with it."""

import json

import pytest
from fastapi.testclient import TestClient

from experiments_service.main import create_app
from kindred.experiments.engine.context import Context
from kindred.experiments.events import Exposure, decode, new_event_id
from tests.pseudonyms import pseudonym
from tests.service.experiments.evaluation_fixtures import (
    collaborators,
    definitions,
    experiment,
    published,
)


def on_stream(stream):
    return [decode(record.data) for record in stream.records]


def assign(client, unit="u1", **changes):
    given = {"experiment_key": "checkout", "unit_id": unit, **changes}
    return client.post("/api/v1/tracking/assign", json=given)


def test_a_unit_is_assigned_as_the_engine_does_and_its_exposure_is_recorded(client, held, stream):
    for unit in (f"user-{n}" for n in range(40)):
        answer = assign(client, unit, attributes={"country": "DE", "secret": "x"}).json()
        expected = held.publisher.current.run_experiment("checkout", Context({"id": unit}))

        assert (answer["variation"], answer["value"]) == (expected.key, expected.value)
        assert answer["in_experiment"]
        recorded = on_stream(stream)[-1]
        assert isinstance(recorded, Exposure)
        assert answer["exposure"] == {"event_id": recorded.event_id, "status": "accepted"}
        assert (recorded.unit_id, recorded.variation) == (pseudonym(unit), expected.key)
        assert answer["unit_id"] == unit
        assert recorded.segments == {"country": "DE"}
    assert {each.variation for each in on_stream(stream)} == {"control", "treatment"}


def test_half_a_character_in_a_segment_costs_neither_assignment_nor_exposure(client, stream):
    given = {"experiment_key": "checkout", "unit_id": "u1", "attributes": {"country": "\ud83d"}}
    answer = client.post(
        "/api/v1/tracking/assign",
        content=json.dumps(given),
        headers={"content-type": "application/json"},
    )

    assert answer.status_code == 200
    assert on_stream(stream)[0].segments == {"country": "?"}


def test_an_exposure_under_the_callers_id_counts_once(client, stream):
    given = new_event_id()
    for _ in range(3):
        assign(client, event_id=given, covariate=2.5)

    assert {(each.event_id, each.covariate) for each in on_stream(stream)} == {(given, 2.5)}


@pytest.mark.parametrize(
    ("key", "variation"),
    [
        pytest.param("draft", "control", id="one that has not started"),
        pytest.param("over", "treatment", id="one that has ended"),
    ],
)
def test_an_experiment_that_does_not_run_assigns_nobody(client, stream, key, variation):
    answer = assign(client, experiment_key=key).json()

    assert answer["variation"] == variation
    assert answer["in_experiment"] is False
    assert answer["exposure"] is None
    assert stream.records == []


def test_a_unit_outside_the_target_sees_the_control_and_is_not_exposed(stream):
    only = experiment(condition={"country": "DE"})
    held = collaborators(published(definitions(experiments=(only,))))
    client = TestClient(create_app(held))

    outside = assign(client, attributes={"country": "FR"}).json()
    inside = assign(client, attributes={"country": "DE"}).json()

    assert (outside["variation"], outside["in_experiment"]) == ("control", False)
    assert inside["in_experiment"]
    assert len(held.event_stream.records) == 1


def test_the_unit_is_what_the_experiment_hashes(stream):
    by_company = experiment(hash_attribute="company")
    held = collaborators(published(definitions(experiments=(by_company,))))
    client = TestClient(create_app(held))

    seen = {
        assign(client, "acme", attributes={"id": f"user-{n}"}).json()["variation"]
        for n in range(20)
    }

    assert len(seen) == 1


class StickyUnitsFake:
    """Remembers every unit in the treatment; `kept` is what it was told."""

    def __init__(self):
        self.kept = []

    async def recall(self, units):
        return {
            f"{attribute}||{value}": {"assignments": {"checkout__0": "treatment"}}
            for attribute, value in units
        }

    async def remember(self, documents):
        self.kept += documents


@pytest.mark.parametrize("sticky", [True, False])
def test_a_sticky_experiment_keeps_a_unit_where_it_was(sticky):
    given = definitions(experiments=(experiment(sticky=sticky),))
    held = collaborators(published(given), sticky_units=StickyUnitsFake())
    client = TestClient(create_app(held))

    seen = {assign(client, f"user-{n}").json()["variation"] for n in range(30)}

    assert seen == ({"treatment"} if sticky else {"control", "treatment"})


def test_a_unit_that_is_new_to_a_sticky_experiment_is_remembered():
    units = StickyUnitsFake()
    given = definitions(experiments=(experiment(sticky=True, bucket_version=1),))
    client = TestClient(create_app(collaborators(published(given), sticky_units=units)))

    variation = assign(client).json()["variation"]

    [kept] = units.kept
    assert (kept["attributeName"], kept["attributeValue"]) == ("id", "u1")
    assert kept["assignments"]["checkout__1"] == variation


def test_an_assignment_does_not_need_the_stream(client, stream):
    stream.refused = {"*"}

    answer = assign(client).json()

    assert answer["in_experiment"]
    assert answer["exposure"]["status"] == "retry"


def test_an_unknown_experiment_is_not_found(client):
    response = assign(client, experiment_key="nobody")

    assert response.status_code == 404
    assert response.json()["type"] == "urn:kindred:problem:experiment-not-found"
