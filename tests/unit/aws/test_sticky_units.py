import asyncio

import pytest
import redis

from kindred_aws.sticky_units import StickyUnits
from kindred_aws.unit_cache import connect
from tests.service.experiments.evaluation_fixtures import free_port, valkey


def document(unit, **assignments):
    return {"attributeName": "id", "attributeValue": unit, "assignments": assignments}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with valkey(tmp_path_factory.mktemp("valkey")) as port:
        yield port


def using(port, work):
    async def scenario():
        client = connect(host="127.0.0.1", port=port, tls=False)
        try:
            return await work(StickyUnits(client))
        finally:
            await client.aclose()

    return asyncio.run(scenario())


def test_what_was_remembered_is_recalled(port):
    async def work(units):
        await units.remember([document("u1", checkout__0="b")])
        return await units.recall([("id", "u1"), ("id", "stranger"), ("company", "u1")])

    assert using(port, work) == {"id||u1": document("u1", checkout__0="b")}


def test_experiments_of_one_unit_do_not_overwrite_each_other(port):
    async def work(units):
        await units.remember([document("u2", one__0="a"), document("u2", other__0="b")])
        return await units.recall([("id", "u2")])

    assert using(port, work)["id||u2"]["assignments"] == {"one__0": "a", "other__0": "b"}


def test_the_first_assignment_stays(port):
    async def work(units):
        await units.remember([document("u3", one__0="a")])
        await units.remember([document("u3", one__0="b")])
        return await units.recall([("id", "u3")])

    assert using(port, work)["id||u3"]["assignments"] == {"one__0": "a"}


def test_a_unit_is_forgotten_half_a_year_after_its_last_assignment(port):
    using(port, lambda units: units.remember([document("u4", one__0="a")]))

    server = redis.Redis(port=port)
    assert any(179 * 86_400 < server.ttl(key) <= 180 * 86_400 for key in server.keys("sticky:*"))


@pytest.mark.parametrize("unit", ["\ud83d", "x" * 1_000_000], ids=["half a character", "a book"])
def test_any_text_names_a_unit_by_a_short_key(port, unit):
    async def work(units):
        await units.remember([document(unit, one__0="a")])
        return await units.recall([("id", unit)])

    assert using(port, work)[f"id||{unit}"]["assignments"] == {"one__0": "a"}
    assert max(map(len, redis.Redis(port=port).keys("sticky:*"))) < 100


def test_without_valkey_nothing_is_remembered_and_nothing_fails():
    async def work(units):
        await units.remember([document("u5", one__0="a")])
        return await units.recall([("id", "u5")])

    assert using(free_port(), work) == {}
