"""Who refuses a body: the gateway where its shape is wrong, the service where its values are."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.local.local_platform import LocalPlatform

UNIT = {"partner_id": "partner", "app_id": "generated-00001"}
BATCH = "api/v1/tracking/batch"


def post(platform: LocalPlatform, path: str, body: Any) -> httpx.Response:
    return httpx.post(
        f"{platform.file['api_url']}{path}",
        json=body,
        headers={"x-api-key": platform.file["api_key"]},
        timeout=20,
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("api/v1/find-similar", {"app_id": "generated-00001"}),
        ("api/v1/predict", {**UNIT, "neighbors": "none"}),
        ("api/v1/outcomes", {**UNIT, "type": "sneeze"}),
        ("api/v1/tracking/assign", {"unit_id": "u"}),
        ("api/v1/tracking/track", {"type": "sneeze"}),
        (BATCH, {"events": []}),
    ],
)
def test_the_gateway_refuses_another_shape(
    platform: LocalPlatform, path: str, body: dict[str, Any]
) -> None:
    answer = post(platform, path, body)

    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "not of the shape that this path takes" in answer.json()["detail"]


def test_the_service_says_which_value_is_wrong_and_what_is_allowed(platform: LocalPlatform) -> None:
    answer = post(platform, "api/v1/find-similar", {**UNIT, "top_k": 101})

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["given"]) == ("/top_k", "101")


def test_of_a_batch_the_service_answers_for_each_event(platform: LocalPlatform) -> None:
    answer = post(platform, BATCH, {"events": [{"type": "sneeze"}, 7]})

    assert answer.status_code == 207
    assert [each["status"] for each in answer.json()["results"]] == ["rejected", "rejected"]


def test_who_evaluates_flags_reads_a_refusal_in_the_protocols_form(platform: LocalPlatform) -> None:
    answer = post(platform, "ofrep/v1/evaluate/flags", {})

    assert answer.status_code == 400
    assert answer.json()["errorCode"] == "INVALID_CONTEXT"
