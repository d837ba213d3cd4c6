"""Nothing that is lost takes the last snapshot away, and a new task finds what others left."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from experiments_service.publication.channel import Channel
from experiments_service.publication.copies import Copy as DefinitionsCopy
from experiments_service.publication.copies import UnreadableCopy, from_json, to_json
from experiments_service.publication.publisher import NothingPublished
from tests.service.experiments.evaluation_fixtures import (
    definitions,
    eventually,
    experiment,
    flag,
    free_port,
    valkey,
)
from tests.service.experiments.publication_world import World, banner, running, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with valkey(tmp_path_factory.mktemp("valkey")) as port:
        yield port


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
            # Both have read once more on hearing that they listen, and leave no newer copy now.
            await eventually(lambda: world.database.loads == 4, within_seconds=2)
            await asyncio.sleep(0.05)
            old = DefinitionsCopy(definitions=serving("old", 1), read_at=0.0)
            await Channel(world.clients[0], ttl_seconds=60).keep(old)
            world.database.broken = True
            await held.changed()

            assert banner(held) == "new"
            await held.stop()

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


def test_a_copy_reads_back_as_it_was_written():
    given = DefinitionsCopy(
        definitions=definitions(flags=(flag("big", default_value=10**30),)), read_at=1.5
    )

    assert from_json(to_json(given)) == given
    with pytest.raises(UnreadableCopy):
        from_json(b'{"definitions": 1}')
