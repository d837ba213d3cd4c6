"""A change reaches every task, by message, by looking or by time alone."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
import redis

from tests.service.experiments.evaluation_fixtures import (
    definitions,
    eventually,
    experiment,
    valkey,
)
from tests.service.experiments.publication_world import World, banner, running, runs, serving

pytestmark = pytest.mark.slow


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
