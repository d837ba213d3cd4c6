"""What requests leave behind reaches the tables, once, and before a task ends."""

from __future__ import annotations

import os
import signal
import uuid
from typing import Any

import psutil

from tests.local.local_platform import LocalPlatform, wait_until


def scan(platform: LocalPlatform, table: str) -> list[dict[str, Any]]:
    dynamodb = platform.aws("dynamodb")
    [name] = [each for each in dynamodb.list_tables()["TableNames"] if table in each]
    items: list[dict[str, Any]] = dynamodb.scan(TableName=name)["Items"]
    return items


def clicks(platform: LocalPlatform) -> int:
    # The emulator shows a new item to a scan before all of its attributes are set.
    counts = (item.get("clicks_count") for item in scan(platform, "TablesMetrics"))
    return sum(int(count["N"]) for count in counts if count)


def test_a_click_that_is_sent_again_and_again_counts_once(platform: LocalPlatform) -> None:
    before = clicks(platform)
    once, twice = (
        {"event_id": str(uuid.uuid4()), "type": "click", "partner_id": "p", "app_id": "a"}
        for _ in range(2)
    )
    with platform.client() as client:
        for _ in range(3):
            assert client.post("api/v1/outcomes", json=twice).status_code == 202
        wait_until(lambda: clicks(platform) == before + 1)
        assert client.post("api/v1/outcomes", json=twice).status_code == 202
        assert client.post("api/v1/outcomes", json=once).status_code == 202

    wait_until(lambda: clicks(platform) > before + 1)
    assert clicks(platform) == before + 2


def test_a_task_that_is_told_to_stop_writes_what_it_holds(platform: LocalPlatform) -> None:
    with platform.client() as client:
        [app] = client.get("api/v1/apps", params={"limit": 1}).json()["apps"]
        query = {"partner_id": "p", "app_id": app["app_id"]}
        request_id = client.post("api/v1/predict", json=query).json()["request_id"]
    task = platform.process("prediction_service")["pid"]
    os.kill(task, signal.SIGTERM)
    wait_until(lambda: not psutil.pid_exists(task))

    recorded = {item["record_id"]["S"] for item in scan(platform, "TablesRequestLog")}
    assert f"request#{request_id}" in recorded
    wait_until(lambda: platform.process("prediction_service")["pid"] != task)
    wait_until(lambda: platform.file["state"] == "ready")
