"""A replay of a data set through the running platform counts every unit once, whatever happens."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import signal
import subprocess
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kindred_aws.experiment_counters import ExperimentCounters
from tests.local.local_platform import KINDRED, LONGEST_SECONDS, LocalPlatform, wait_until
from tests.local.replay_rows import (
    REPEATED_VISITOR,
    SHARED,
    Row,
    count_players,
    count_visitors,
    generated_players,
    generated_visitors,
    shared_visitors,
    write,
)

PLAYERS = 3_000
needs_shared_data = pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")


class Replay:
    """One data set under a key that no other test uses; each run is a process of its own."""

    def __init__(self, platform: LocalPlatform, data_set: str, *options: str) -> None:
        self.platform = platform
        self.experiment = f"replay-{uuid.uuid4().hex[:8]}"
        self._command = [
            *(str(KINDRED), "experiment", "replay", data_set, *options),
            *("--experiment", self.experiment, "--state-dir", str(platform.state), "--json"),
        ]

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self) -> dict[str, Any]:
        """What it says of the experiment, and of the events that it sent."""
        process = self.start()
        output, messages = process.communicate(timeout=LONGEST_SECONDS)
        assert process.returncode == 0, messages
        said = json.loads(output)
        return {**said["experiments"][self.experiment], "accepted": said["events_accepted"]}

    @property
    def exposed(self) -> int:
        return _exposed(self.platform, self.experiment)

    def stored(self) -> list[dict[str, Any]]:
        """The experiment's counters as they are, once all that is on the stream was processed."""
        _drain(self.platform)
        pages = (
            self.platform.aws("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.platform.outputs["CountersTableName"],
                KeyConditionExpression="experiment_id = :key",
                ExpressionAttributeValues={":key": {"S": self.experiment}},
            )
        )
        return [item for page in pages for item in page["Items"]]


def run_twice(replay: Replay) -> dict[str, Any]:
    """What both runs say, who agree to the last counter."""
    first = replay.run()
    stored = replay.stored()
    second = replay.run()

    assert stored
    assert replay.stored() == stored
    assert second == first
    return first


@needs_shared_data
def test_players_of_the_shared_data_are_counted_to_the_unit_however_often(
    platform: LocalPlatform,
) -> None:
    with gzip.open(SHARED / "cookie_cats" / "cookie_cats.csv.gz", "rt") as file:
        players = list(itertools.islice(csv.DictReader(file), PLAYERS))

    said = run_twice(Replay(platform, "cookie_cats", "--limit", str(PLAYERS)))

    assert said["platform"] == said["file"] == count_players(players).named()
    assert sum(said["platform"][f"gate_{gate} units"] for gate in (30, 40)) == PLAYERS
    assert said["decision"]["outcome"] == "keep_running"
    assert said["decision"]["sample_ratio"]["verdict"] == "ok"


@pytest.mark.parametrize(
    "visitors",
    [
        pytest.param(shared_visitors, id="of the shared data", marks=needs_shared_data),
        pytest.param(generated_visitors, id="made up"),
    ],
)
def test_mismatched_visitors_are_caught_and_a_repeated_one_counts_once(
    platform: LocalPlatform, tmp_path: Path, visitors: Any
) -> None:
    rows: list[Row] = visitors()
    direct = count_visitors(rows)
    # The file holds what this is about.
    assert sum(row["user_id"] == REPEATED_VISITOR for row in rows) == 2
    assert direct.mismatched
    assert len(rows) > sum(direct.shown.values()) + 1

    file = write(tmp_path / "visitors.csv", rows)
    said = run_twice(Replay(platform, "ab_data", "--file", str(file)))

    assert said["platform"] == said["file"] == direct.named()
    assert said["repeated_units"] == 1


def test_a_replay_that_is_interrupted_and_run_again_counts_the_same(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    rows = generated_players(PLAYERS)
    file = write(tmp_path / "players.csv", rows)
    replay = Replay(platform, "cookie_cats", "--file", str(file), "--in-flight", "1")

    arrived = _arrivals(platform, replay.experiment)
    process = replay.start()
    wait_until(arrived)
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == 1
    assert "the same command goes on, and counts nothing twice" in messages
    replay.stored()
    assert 0 < replay.exposed < PLAYERS

    said = replay.run()

    assert said["platform"] == said["file"] == count_players(rows).named()
    assert replay.exposed == PLAYERS


def _exposed(platform: LocalPlatform, experiment: str) -> int:
    counters = ExperimentCounters(
        platform.aws("dynamodb"), table_name=platform.outputs["CountersTableName"]
    )
    counts = counters.read(experiment)
    return sum(counts.exposed(variation).units for variation in counts.variations)


def _arrivals(platform: LocalPlatform, experiment: str) -> Callable[[], bool]:
    """Whether an event of the experiment has come onto the stream since the call before."""
    kinesis, stream = platform.aws("kinesis"), platform.outputs["EventStreamName"]
    iterators = [
        kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
        )["ShardIterator"]
        for shard in kinesis.list_shards(StreamName=stream)["Shards"]
    ]

    def arrived() -> bool:
        answers = [kinesis.get_records(ShardIterator=iterator) for iterator in iterators]
        iterators[:] = [answer["NextShardIterator"] for answer in answers]
        records = (record["Data"] for answer in answers for record in answer["Records"])
        return any(json.loads(data)["experiment_id"] == experiment for data in records)

    return arrived


def _drain(platform: LocalPlatform) -> None:
    """Until events that are put now, on every shard, have been counted."""
    kinesis, stream = platform.aws("kinesis"), platform.outputs["EventStreamName"]
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    marker = f"marker-{uuid.uuid4().hex[:8]}"
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    kinesis.put_records(
        StreamName=stream,
        Records=[
            {
                "PartitionKey": "test",
                "ExplicitHashKey": shard["HashKeyRange"]["StartingHashKey"],
                "Data": json.dumps(
                    {
                        "event_id": str(uuid.uuid4()),
                        "type": "exposure",
                        "occurred_at": at,
                        "unit_id": shard["ShardId"],
                        "experiment_id": marker,
                        "variation": "control",
                    }
                ),
            }
            for shard in shards
        ],
    )
    wait_until(lambda: _exposed(platform, marker) == len(shards))
