"""What a partner does, from the first question to the outcome, on a deployed platform."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

Unit = dict[str, str]


def asked(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_new_app_finds_its_neighbours_and_how_it_will_perform(
    api: httpx.Client, unit: Unit, known_app: dict[str, Any]
) -> None:
    app = {
        "name": "Pocket Garden Diary",
        "category": known_app["category"],
        "region": "us",
        "pricing": "free",
        "features": ["offline"],
    }
    similar = asked(api, "api/v1/find-similar", {**unit, "app": app, "top_k": 5})
    prediction = asked(api, "api/v1/predict", {**unit, "app": app})

    assert len(similar["neighbors"]) == 5
    interval = prediction["prediction"]["interval"]
    assert interval["low"] <= prediction["prediction"]["score"] <= interval["high"]


def test_a_unit_stays_on_its_arm_whichever_service_is_asked(
    api: httpx.Client, unit: Unit, known_app: dict[str, Any]
) -> None:
    known = {**unit, "app_id": known_app["app_id"]}
    body = {**known, "top_k": 1}

    arms = {asked(api, "api/v1/find-similar", body)["ab_arm"] for _ in range(3)}
    arms |= {asked(api, "api/v1/predict", known)["ab_arm"] for _ in range(3)}

    assert len(arms) == 1


def test_an_outcome_is_taken_once_however_often_it_is_sent(
    api: httpx.Client, unit: Unit, known_app: dict[str, Any]
) -> None:
    outcome = {
        **unit,
        "app_id": known_app["app_id"],
        "event_id": str(uuid.uuid4()),
        "type": "click",
    }

    answers = [api.post("api/v1/outcomes", json=outcome) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    assert answers[0].json() == answers[1].json()


def test_flags_are_evaluated_and_not_again_where_nothing_changed(
    api: httpx.Client, unit: Unit
) -> None:
    body = {"context": {"targetingKey": unit["app_id"]}}
    first = api.post("ofrep/v1/evaluate/flags", json=body)
    tag = first.headers.get("etag", "")
    second = api.post("ofrep/v1/evaluate/flags", json=body, headers={"If-None-Match": tag})

    assert first.status_code == 200, first.text
    assert tag
    assert second.status_code == 304


def test_management_is_closed_to_a_partners_key(api: httpx.Client) -> None:
    answers = [api.get(f"api/v1/{path}") for path in ("experiments", "audit-logs")]

    assert {answer.status_code for answer in answers} <= {401, 403}


def test_a_refusal_says_what_was_given_and_what_is_allowed(
    api: httpx.Client, unit: Unit, known_app: dict[str, Any]
) -> None:
    answer = api.post(
        "api/v1/find-similar", json={**unit, "app_id": known_app["app_id"], "top_k": 101}
    )

    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "100" in answer.text
