"""Events from the stream to counters, dead letters and the archive, as the templates wire them."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.local.event_stream import SETTLED_SECONDS, Stream, mapping_to
from tests.local.local_platform import LocalPlatform, wait_until

PROCESSING = "ProcessEventsFunctionName"


@pytest.fixture
def stream(platform: LocalPlatform) -> Stream:
    return Stream(platform)


def test_a_batch_is_counted_and_nothing_changes_when_it_comes_again(stream: Stream) -> None:
    exposures = [stream.exposure(f"u{number}") for number in range(40)]
    conversions = [stream.conversion(f"u{number}", value=2.5) for number in range(10)]
    stream.put(*exposures, *conversions)
    wait_until(lambda: stream.counted == (40, 10, 25.0))

    # Split in another way, in another order, and with a unit that buys again at the end.
    stream.put(*conversions[5:], *exposures[::-1])
    stream.put(*exposures[:7], *conversions)
    stream.put(stream.conversion("u0", value=1.0))

    wait_until(lambda: stream.counted[2] == 26.0)
    assert stream.counted == (40, 10, 26.0)


def test_a_poisoned_record_reaches_the_dead_letters_and_its_neighbours_count(
    platform: LocalPlatform, stream: Stream
) -> None:
    poison = b"no event " + uuid.uuid4().hex.encode()
    stream.put(stream.exposure("before"), poison, stream.exposure("after"))

    wait_until(lambda: stream.counted[0] == 2)
    letter = _dead_letter(platform, lambda found: _data(found) == poison)
    assert "JSON" in letter["reason"]


def test_another_up_keeps_the_mapping_and_its_place_on_the_stream(
    platform: LocalPlatform, stream: Stream
) -> None:
    stream.put(stream.exposure("u1"))
    wait_until(lambda: stream.counted[0] == 1)
    mapping, invoked = mapping_to(platform, PROCESSING), _invocations(platform)

    again = platform.up()

    assert again.returncode == 0, again.stderr
    time.sleep(SETTLED_SECONDS)
    assert mapping_to(platform, PROCESSING)["UUID"] == mapping["UUID"]
    assert _invocations(platform) == invoked
    stream.put(stream.exposure("u2"))
    wait_until(lambda: stream.counted[0] == 2)


def test_events_land_in_the_archive_and_are_found_by_their_day(
    platform: LocalPlatform, stream: Stream
) -> None:
    stream.put(*(stream.exposure(f"u{number}") for number in range(25)))
    today = f"{datetime.now(UTC):%Y-%m-%d}"

    wait_until(lambda: [stream.experiment, today, "25", "25"] in _archived(platform))


def _data(letter: dict[str, Any]) -> bytes:
    return base64.b64decode(letter.get("data", ""))


def _dead_letter(
    platform: LocalPlatform, wanted: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    queue = {"QueueUrl": platform.outputs["EventsDeadLetterQueueUrl"]}
    found: list[dict[str, Any]] = []

    def look() -> bool:
        answer = platform.aws("sqs").receive_message(**queue, MaxNumberOfMessages=10)
        letters = (json.loads(message["Body"]) for message in answer.get("Messages", []))
        found.extend(letter for letter in letters if wanted(letter))
        return bool(found)

    wait_until(look)
    return found[0]


def _invocations(platform: LocalPlatform) -> float:
    now = datetime.now(UTC)
    name = platform.outputs[PROCESSING]
    points = platform.aws("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def _archived(platform: LocalPlatform) -> list[list[str]]:
    """Experiment, day, events and units, as Athena counts them."""
    query = (
        "SELECT experiment_id, day, count(*) AS events, count(DISTINCT unit_id) AS units "
        "FROM events WHERE day >= '2026-01-01' AND type = 'exposure' GROUP BY experiment_id, day"
    )
    athena = platform.aws("athena")
    query_id = athena.start_query_execution(
        QueryString=query,
        WorkGroup=platform.outputs["AthenaWorkgroupName"],
        QueryExecutionContext={"Database": platform.outputs["EventDatabaseName"]},
    )["QueryExecutionId"]

    def status() -> dict[str, Any]:
        found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query_id)
        state: dict[str, Any] = found["QueryExecution"]["Status"]
        return state

    wait_until(lambda: status()["State"] not in ("QUEUED", "RUNNING"))
    assert status()["State"] == "SUCCEEDED", status()
    rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    return [[cell["VarCharValue"] for cell in row["Data"]] for row in rows[1:]]
