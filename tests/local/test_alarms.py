"""An error rate sounds the alarm, and whoever listens is told which page to open."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from tests.local.local_platform import LocalPlatform, wait_until
from tests.local.test_database import as_master
from tests.local.test_people import manage
from tests.local.topic_listener import TopicListener, listening

pytestmark = pytest.mark.slow

SERVICE, ALARM = "experiments_service", "ExperimentsHighErrorRate"


@pytest.fixture
def pager(platform: LocalPlatform) -> Iterator[TopicListener]:
    [topic] = [each for each in _topics(platform.aws("sns")) if "AlarmsCritical" in each]
    with listening(platform, topic) as pager:
        yield pager


def test_a_service_that_fails_is_told_of_with_the_page_to_open(
    platform: LocalPlatform, pager: TopicListener
) -> None:
    token = platform.token("viewer")
    _restart(platform, token)
    _rename(platform, "definitions", "mislaid")
    try:
        statuses = [_list_experiments(platform, token) for _ in range(30)]
    finally:
        _rename(platform, "mislaid", "definitions")
    assert set(statuses) == {500}
    # Another test's failures may have sounded it already.
    _calm(platform.aws("cloudwatch"))
    # It says what it measured when its minute is over, or when it is stopped.
    _restart(platform, token)

    heard: list[dict[str, Any]] = []
    wait_until(lambda: _hear(pager, heard), seconds=60)
    [notice] = heard
    assert notice["AlarmDescription"].endswith("Runbook: docs/runbooks/service-errors.md")
    assert notice["Trigger"]["MetricName"] == "error_rate_5xx"
    wait_until(lambda: _list_experiments(platform, token) == 200)


def _calm(cloudwatch: Any) -> None:
    for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
        if ALARM in alarm["AlarmName"]:
            cloudwatch.set_alarm_state(
                AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="test"
            )


def _hear(pager: TopicListener, heard: list[dict[str, Any]]) -> bool:
    notices = [json.loads(each["Message"]) for each in pager.receive()]
    # Before, it may tell that all is well: it knew of no requests until then.
    begun = [each for each in notices if each["NewStateValue"] == "ALARM"]
    heard += [each for each in begun if ALARM in each["AlarmName"]]
    return bool(heard)


def _list_experiments(platform: LocalPlatform, token: str) -> int:
    return manage(platform, token).status_code


def _rename(platform: LocalPlatform, table: str, name: str) -> None:
    async def renamed(connection: asyncpg.Connection) -> None:
        await connection.execute(f"alter table {table} rename to {name}")

    as_master(platform, renamed)


def _restart(platform: LocalPlatform, token: str) -> None:
    before = platform.process(SERVICE)["pid"]
    os.kill(before, signal.SIGTERM)
    wait_until(lambda: platform.process(SERVICE)["pid"] not in (before, None))
    wait_until(lambda: _list_experiments(platform, token) in (200, 500))


def _topics(sns: Any) -> list[str]:
    pages = sns.get_paginator("list_topics").paginate()
    return [topic["TopicArn"] for page in pages for topic in page["Topics"]]
