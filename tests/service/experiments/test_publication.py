"""A change reaches every task, and nothing that is lost takes the last snapshot away."""

import asyncio
import contextlib
import io
import json
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis
from aws_lambda_powertools import Logger

from experiments_service.publication.channel import Channel
from experiments_service.publication.copies import Copy as DefinitionsCopy
from experiments_service.publication.copies import UnreadableCopy, from_json, to_json
from experiments_service.publication.handover import Handover
from experiments_service.publication.publisher import NothingPublished, Publisher
from kindred.experiments.engine.context import Context
from kindred_aws.unit_cache import connect
from tests.service.experiments.evaluation_fixtures import (
    definitions,
    eventually,
    experiment,
    flag,
    free_port,
    valkey,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with valkey(tmp_path_factory.mktemp("valkey")) as port:
        yield port


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster of one node that holds every slot."""
    with valkey(tmp_path_factory.mktemp("cluster"), "--cluster-enabled", "yes") as port:
        node = redis.Redis(port=port)
        node.cluster("ADDSLOTS", *range(16_384))
        while node.cluster("INFO")["cluster_state"] != "ok":
            time.sleep(0.02)
        yield port


class DatabaseFake:
    """What every task loads its definitions from."""

    def __init__(self, given):
        self.definitions, self.broken, self.loads = given, False, 0

    async def load(self):
        self.loads += 1
        if self.broken:
            raise OSError("the database is gone")
        return self.definitions


class BucketFake:
    """One object, as `DefinitionStore` keeps it."""

    def __init__(self):
        self.revision, self.payload, self.broken = -1, None, False

    def publish(self, payload, *, revision):
        if self.broken:
            raise OSError("the bucket is gone")
        if revision >= self.revision:
            self.revision, self.payload = revision, json.loads(json.dumps(payload))

    def fetch(self, etag):
        if self.broken:
            raise OSError("the bucket is gone")
        return None if self.payload is None else self


class World:
    """Tasks that share a database, a Valkey and a bucket."""

    def __init__(self, port, given, *, cluster=False):
        self.port, self.cluster = port, cluster
        self.database = DatabaseFake(given)
        self.payloads, self.copies = BucketFake(), BucketFake()
        self.log = io.StringIO()
        self.clients = []

    def task(self, *, poll_seconds=60.0, clock=None):
        client = connect(host="127.0.0.1", port=self.port, tls=False, cluster=self.cluster)
        self.clients.append(client)
        return Publisher(
            load=self.database.load,
            channel=Channel(client, ttl_seconds=60),
            handover=Handover(payloads=self.payloads, copies=self.copies),
            poll_seconds=poll_seconds,
            logger=Logger(service=f"test-{uuid.uuid4()}", stream=self.log),
            **({"clock": clock} if clock else {}),
        )

    async def close(self):
        for client in self.clients:
            await client.aclose()


@contextlib.asynccontextmanager
async def running(world, *tasks):
    for task in tasks:
        await task.start()
    try:
        yield
    finally:
        for task in tasks:
            await task.stop()
        await world.close()


def banner(task):
    return task.current.evaluate_flag("banner", Context({"id": "u"})).value


def runs(task, key):
    return task.current.run_experiment(key, Context({"id": "u"})).in_experiment


def serving(value, revision):
    return definitions(revision, flags=(flag("banner", default_value=value),))


@pytest.mark.parametrize("kind", ["server", "cluster"])
def test_a_change_is_live_in_another_task_within_two_seconds(request, kind):
    async def scenario():
        port = request.getfixturevalue(kind)
        world = World(port, serving("before", 1), cluster=kind == "cluster")
        changing, other = world.task(), world.task()
        async with running(world, changing, other):
            await asyncio.sleep(0.05)
            world.database.definitions = serving("after", 2)
            await changing.changed()

            assert banner(changing) == "after"
            await eventually(lambda: banner(other) == "after", within_seconds=2)

    asyncio.run(scenario())


def test_a_change_reaches_the_bucket_for_functions_and_for_new_tasks(server):
    async def scenario():
        world = World(server, serving("before", 1))
        task = world.task()
        async with running(world, task):
            world.database.definitions = serving("after", 2)
            await task.changed()
            await eventually(lambda: world.copies.revision == 2, within_seconds=2)

            assert world.payloads.revision == 2
            assert world.payloads.payload == task.current.payload

    asyncio.run(scenario())


def test_without_a_message_a_change_is_found_by_looking(server):
    async def scenario():
        world = World(server, serving("before", 1))
        task = world.task(poll_seconds=0.05)
        async with running(world, task):
            world.database.definitions = serving("after", 2)

            await eventually(lambda: banner(task) == "after", within_seconds=2)

    asyncio.run(scenario())


def test_what_was_announced_while_valkey_was_away_is_found_on_connecting_again(tmp_path):
    async def scenario():
        port = free_port()
        world = World(port, serving("before", 1))
        task = world.task()
        with valkey(tmp_path, port=port):
            await task.start()
            await eventually(lambda: world.database.loads == 2, within_seconds=2)
        world.database.definitions = serving("after", 2)
        await eventually(lambda: "valkey" in task.state.lost, within_seconds=4)
        assert banner(task) == "before"
        with valkey(tmp_path, port=port):
            await eventually(lambda: banner(task) == "after", within_seconds=4)
            await eventually(lambda: task.state.status == "ready", within_seconds=4)
            await task.stop()
            await world.close()

    asyncio.run(scenario())


def test_a_task_that_loses_everything_keeps_its_last_snapshot_and_says_so(tmp_path):
    async def scenario():
        now = [datetime(2026, 3, 1, tzinfo=UTC).timestamp()]
        port = free_port()
        world = World(port, serving("last", 1))
        task = world.task(poll_seconds=0.05, clock=lambda: now[0])
        with valkey(tmp_path, port=port):
            await task.start()
            assert task.state.status == "ready"
        world.database.broken = world.payloads.broken = world.copies.broken = True
        now[0] += 3_600
        await eventually(lambda: len(task.state.lost) == 3, within_seconds=4)

        assert banner(task) == "last"
        assert task.state.status == "degraded"
        assert task.state.lost == ("database", "s3", "valkey")
        assert task.age_seconds == 3_600
        await task.stop()
        await world.close()

    asyncio.run(scenario())


def test_a_task_that_starts_without_a_database_takes_the_copy_in_valkey(server):
    async def scenario():
        world = World(server, serving("kept", 7))
        first, second = world.task(), world.task()
        async with running(world, first):
            world.database.broken = world.copies.broken = True
            async with running(world, second):
                assert banner(second) == "kept"
                assert second.state.revision == 7
                assert second.state.lost == ("database",)

    asyncio.run(scenario())


def test_a_task_that_starts_with_a_bucket_alone_takes_its_copy():
    async def scenario():
        world = World(free_port(), serving("stored", 7))
        first, second = world.task(), world.task()
        async with running(world, first):
            await eventually(lambda: world.copies.revision == 7, within_seconds=2)
        world.database.broken = True
        async with running(world, second):
            assert banner(second) == "stored"
            assert second.experiment("checkout") == experiment()
            assert second.state.status == "degraded"

    asyncio.run(scenario())


def test_a_task_that_finds_nothing_is_not_ready_until_there_is_something():
    async def scenario():
        world = World(free_port(), serving("late", 1))
        world.database.broken = True
        task = world.task()
        async with running(world, task):
            assert task.state.status == "not ready"
            with pytest.raises(NothingPublished):
                _ = task.current
            world.database.broken = False
            await eventually(lambda: task.state.status != "not ready", within_seconds=3)

            assert banner(task) == "late"

    asyncio.run(scenario())


def test_an_older_copy_never_replaces_what_is_held(server):
    async def scenario():
        world = World(server, serving("old", 1))
        async with running(world, world.task()):
            world.database.definitions = serving("new", 2)
            held = world.task()
            await held.start()
            old = DefinitionsCopy(definitions=serving("old", 1), read_at=0.0)
            await Channel(world.clients[0], ttl_seconds=60).keep(old)
            world.database.broken = True
            await held.changed()

            assert banner(held) == "new"
            await held.stop()

    asyncio.run(scenario())


def test_a_start_or_an_end_that_is_due_takes_effect_by_itself(server):
    async def scenario():
        soon = datetime.now(UTC) + timedelta(seconds=0.3)
        due, ending = experiment("due", starts_at=soon), experiment("ending", ends_at=soon)
        world = World(server, definitions(experiments=(due, ending), flags=()))
        task = world.task()
        async with running(world, task):
            assert not runs(task, "due")
            assert runs(task, "ending")

            await eventually(lambda: runs(task, "due"), within_seconds=2)
            assert not runs(task, "ending")
            assert world.database.loads <= 4

    asyncio.run(scenario())


def test_definitions_that_cannot_be_evaluated_leave_the_last_ones_standing(server):
    async def scenario():
        world = World(server, serving("good", 1))
        task = world.task()
        async with running(world, task):
            broken = replace(experiment(), condition={"$nonsense": []}, namespace="nonsense")
            world.database.definitions = definitions(2, experiments=(broken,))
            await task.changed()

            assert banner(task) == "good"
            assert task.state.lost == ("valid definitions",)
            world.database.definitions = serving("mended", 3)
            await task.changed()
            assert task.state.status == "ready"

    asyncio.run(scenario())


def test_an_unchanged_payload_keeps_its_snapshot(server):
    async def scenario():
        world = World(server, serving("same", 1))
        task = world.task()
        async with running(world, task):
            snapshot = task.current
            world.database.definitions = serving("same", 2)
            await task.changed()

            assert task.current is snapshot
            assert task.state.revision == 2

    asyncio.run(scenario())


def test_a_copy_reads_back_as_it_was_written():
    given = DefinitionsCopy(
        definitions=definitions(flags=(flag("big", default_value=10**30),)), read_at=1.5
    )

    assert from_json(to_json(given)) == given
    with pytest.raises(UnreadableCopy):
        from_json(b'{"definitions": 1}')
