"""The platform answers through API Gateway, load balancer and task."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import psutil
import pytest

from tests.local.local_platform import LocalPlatform, wait_until

NEW_APP = {
    "name": "Pocket Garden Diary",
    "category": "Health & Fitness",
    "region": "US",
    "pricing": "free",
    "features": ["offline"],
}
QUERY: dict[str, Any] = {"app": NEW_APP, "partner_id": "partner-1", "app_id": "new-app"}


@pytest.fixture
def query(platform: LocalPlatform) -> dict[str, Any]:
    """A new app in a category that the catalogue has."""
    with platform.client() as client:
        known = client.get("api/v1/apps", params={"limit": 1}).json()["apps"][0]
    return {**QUERY, "app": {**NEW_APP, "category": known["category"]}}


def test_similar_apps_are_found_for_a_new_app(
    platform: LocalPlatform, query: dict[str, Any]
) -> None:
    with platform.client() as client:
        answer = client.post("api/v1/find-similar", json={**query, "top_k": 5})

    assert answer.status_code == 200, answer.text
    similarities = [neighbor["similarity"] for neighbor in answer.json()["neighbors"]]
    assert len(similarities) == 5
    assert similarities == sorted(similarities, reverse=True)


def test_performance_is_predicted_for_a_new_app(
    platform: LocalPlatform, query: dict[str, Any]
) -> None:
    with platform.client() as client:
        answer = client.post("api/v1/predict", json=query)

    assert answer.status_code == 200, answer.text
    prediction = answer.json()["prediction"]
    assert prediction["interval"]["low"] <= prediction["score"] <= prediction["interval"]["high"]


@pytest.mark.parametrize("key", [None, "", "wrong"], ids=["no key", "an empty key", "a wrong key"])
def test_nothing_is_answered_without_a_key(platform: LocalPlatform, key: str | None) -> None:
    headers = {} if key is None else {"x-api-key": key}
    answer = httpx.get(f"{platform.file['api_url']}api/v1/apps", headers=headers)

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_disabled_key_is_refused(platform: LocalPlatform) -> None:
    gateway = platform.aws("apigateway")
    key = gateway.create_api_key(name="expired", enabled=True)
    plan = gateway.get_usage_plans()["items"][0]["id"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    with platform.client(**{"x-api-key": key["value"]}) as client:
        before = client.get("api/v1/apps", params={"limit": 1})
        gateway.update_api_key(
            apiKey=key["id"],
            patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}],
        )
        after = client.get("api/v1/apps", params={"limit": 1})

    assert (before.status_code, after.status_code) == (200, 403)


def test_an_operator_sets_the_experiment(platform: LocalPlatform) -> None:
    before = json.loads(platform.operate("experiment", "show", "--json"))
    set_to = ("experiment", "set", "--json", "--control-weight")
    changed = json.loads(platform.operate(*set_to, "0.4"))
    after = json.loads(platform.operate(*set_to, str(before["v1_weight"])))

    assert (changed["v1_weight"], changed["v2_weight"]) == (0.4, 0.6)
    assert changed["start_date"] == before["start_date"]
    assert after == {**before, "revision": before["revision"] + 2}


def test_a_correlation_id_goes_through_and_comes_back(platform: LocalPlatform) -> None:
    with platform.client() as client:
        answer = client.get("api/v1/apps", headers={"x-correlation-id": "round-trip-1"})

    assert answer.headers["x-correlation-id"] == "round-trip-1"
    wait_until(lambda: "round-trip-1" in platform.log("similarity_service"))


def test_a_problem_keeps_its_status_and_type_through_the_gateway(platform: LocalPlatform) -> None:
    with platform.client() as client:
        answer = client.get("api/v1/apps/no-such-app")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_the_gateway_itself_refuses_a_body_that_its_model_does_not_allow(
    platform: LocalPlatform,
) -> None:
    with platform.client() as client:
        answer = client.post("api/v1/find-similar", json={"unknown": True})

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_services_measure_reaches_cloudwatch(platform: LocalPlatform) -> None:
    directive = {"Namespace": "Test", "Dimensions": [[]], "Metrics": [{"Name": "seen"}]}
    at = int(time.time() * 1000)
    line = json.dumps({"_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]}, "seen": 1})
    logs, cloudwatch = platform.aws("logs"), platform.aws("cloudwatch")
    wait_until(lambda: bool(_streams(logs, "SimilarityTask")))
    group, stream = _streams(logs, "SimilarityTask")[0]
    logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": at, "message": line}],
    )

    assert [m["MetricName"] for m in cloudwatch.list_metrics(Namespace="Test")["Metrics"]] == [
        "seen"
    ]


def test_the_start_page_says_what_is_real_and_which_apps_are_made_up(
    platform: LocalPlatform,
) -> None:
    page = httpx.get(platform.file["start_url"])

    assert page.status_code == 200
    assert "recorded only" in page.text
    assert "generated apps, not real ones" in page.text
    assert platform.file["api_key"] in page.text


def test_the_start_page_is_not_read_under_another_sites_name(platform: LocalPlatform) -> None:
    page = httpx.get(platform.file["start_url"], headers={"host": "example.com"})

    assert page.status_code == 404
    assert platform.file["api_key"] not in page.text


def test_everything_listens_on_loopback_only(platform: LocalPlatform) -> None:
    addresses = {
        connection.laddr[0]
        for pid in platform.processes()
        for connection in psutil.Process(pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert addresses == {"127.0.0.1"}


def _streams(logs: Any, part: str) -> list[tuple[str, str]]:
    return [
        (group["logGroupName"], stream["logStreamName"])
        for group in logs.describe_log_groups()["logGroups"]
        if part in group["logGroupName"]
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
    ]
