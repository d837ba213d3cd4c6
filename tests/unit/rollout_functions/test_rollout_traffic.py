"""Traffic for a canary: sent on time, and counted by who answered."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from kindred.similarity.catalogue import Catalogue, write_catalogue
from ops.rollout.traffic import Course, Traffic, Variant, send_traffic
from ops.rollout.traffic_command import _document, query_of
from rollout_functions.body_reading import read_body
from rollout_functions.prediction_requests import InferenceIn

QUERIES = [{"name": "Star Map"}, {"name": "Sky Guide"}]


class Clock:
    """Sleeping takes no time, and says how long it would have been."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds
        await asyncio.sleep(0)


def send(answer, course, clock=None):
    traffic, clock = Traffic(), clock or Clock()

    async def run():
        transport = httpx.MockTransport(answer)
        async with httpx.AsyncClient(base_url="http://api/public/", transport=transport) as client:
            await send_traffic(client, QUERIES, course, traffic, clock=clock, sleep=clock.sleep)

    asyncio.run(run())
    return traffic, clock


def test_answers_are_counted_by_variant_and_failures_by_reason():
    bodies = []

    def answer(request):
        bodies.append(json.loads(request.content))
        number = len(bodies)
        if number % 10 == 0:
            return httpx.Response(502, json={"detail": "the model failed"})
        variant = "canary-1" if number % 5 == 0 else "production"
        return httpx.Response(200, json={"variant": variant, "latency_ms": {"model": number}})

    traffic, clock = send(answer, Course(rate_per_second=20, seconds=5))

    document = _document(traffic)
    assert len(bodies) == 100
    assert clock.now == pytest.approx(4.95)
    assert document["variants"]["production"]["answered"] == 80
    assert document["variants"]["canary-1"]["answered"] == 10
    assert document["failures"] == {"502 the model failed": 10}
    assert {each["features"]["name"] for each in bodies} == {"Star Map", "Sky Guide"}
    assert len({each["user_id"] for each in bodies}) == 100


def test_a_variant_can_be_asked_for():
    seen = []

    def answer(request):
        seen.append(json.loads(request.content)["target_variant"])
        return httpx.Response(200, json={"variant": "canary-1", "latency_ms": {"model": 1}})

    send(answer, Course(rate_per_second=1, seconds=3, target_variant="canary-1"))

    assert seen == ["canary-1"] * 3


def test_a_slow_model_does_not_slow_the_traffic_down():
    clock = Clock()

    async def late(_):
        while clock.now < 0.994:
            await asyncio.sleep(0)
        raise httpx.ReadTimeout("late")

    traffic, _ = send(late, Course(rate_per_second=200, seconds=1), clock)

    assert clock.now == pytest.approx(0.995)
    # As many as may wait at once were sent; the others' time passed without them.
    assert traffic.failures["ReadTimeout"] == 64
    assert traffic.late == 136


def test_percentiles_are_of_the_nearest_rank():
    variant = Variant(latencies_ms=[float(each) for each in range(100, 0, -1)])

    assert (variant.percentile(0.5), variant.percentile(0.99)) == (50, 99)


def test_an_app_of_the_catalogue_is_a_query_that_the_api_takes(tmp_path):
    known = AppMetadata(
        name="n" * 300,
        category="Education",
        pricing=Pricing.FREE,
        features=("f" * 80,) * 60,
        description="d" * 20_000,
    )
    app = CatalogueApp(app_id="a1", metadata=known, price_usd=None, rating=None, source="test")
    write_catalogue(tmp_path, [app])

    query = query_of(Catalogue(tmp_path), 0)

    asked = read_body(json.dumps({"user_id": "u", "features": query}).encode(), InferenceIn)
    assert asked.features.category == "Education"
    assert "region" not in query
