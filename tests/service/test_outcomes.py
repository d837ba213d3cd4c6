import uuid

import pytest

from kindred.experiments.bucketing import pick_arm
from kindred_service.recorder import BufferFull

EVENT = str(uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057"))


def send(client, **changes):
    body = {"event_id": EVENT, "type": "click", "partner_id": "p", "app_id": "app-001"} | changes
    return client.post("/api/v1/outcomes", json=body)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        pytest.param({}, 1, id="click"),
        pytest.param({"type": "conversion", "revenue_usd": 2.5}, 2.5, id="conversion"),
        pytest.param({"type": "satisfaction", "score": 4}, 4, id="satisfaction"),
        pytest.param(
            {"type": "performance", "predicted": 0.03, "observed": 0.05}, 0.02, id="performance"
        ),
        pytest.param({"event_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, 1, id="a ULID"),
    ],
)
def test_an_outcome_is_kept_for_the_unit_s_arm(similarity, platform, change, value):
    response = send(similarity, **change)

    assert response.status_code == 202
    [outcome] = platform.recorder.outcomes
    assert outcome.value == pytest.approx(value)
    assert outcome.arm == response.json()["ab_arm"] == pick_arm("p", "app-001", 0.5)


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": "again"},
        {"type": "view"},
        {"type": "conversion"},
        {"type": "conversion", "revenue_usd": -1},
        {"type": "satisfaction", "score": 6},
        {"type": "click", "revenue_usd": 1},
    ],
    ids=str,
)
def test_a_wrong_outcome_is_refused_and_not_kept(similarity, platform, change):
    assert send(similarity, **change).status_code == 422
    assert not platform.recorder.outcomes


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"event_id": "again"}, "/event_id"),
        ({"type": "conversion"}, "/revenue_usd"),
        ({"type": "satisfaction", "score": "five"}, "/score"),
    ],
    ids=str,
)
def test_a_wrong_outcome_names_its_field_and_none_of_our_types(similarity, change, pointer):
    assert send(similarity, **change).json()["errors"][0]["pointer"] == pointer


def test_a_full_buffer_asks_for_the_outcome_again(similarity, platform):
    platform.recorder.full = BufferFull()
    response = send(similarity)

    assert response.status_code == 503
    assert response.headers["retry-after"] == "10"
