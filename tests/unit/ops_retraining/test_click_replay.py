import asyncio
import json

import httpx
import pytest

from kindred.retraining.click_model import describe, examination
from kindred.similarity.app import AppMetadata, CatalogueApp
from kindred.similarity.catalogue import Catalogue, write_catalogue
from kindred_aws.interaction_query import LARGEST_CLICKED_SHARE
from ops.replay.api import Access, PlatformRefused, ReplayApi
from ops.retraining.click_replay import TOP_K, clicked_places, draw_queries, replay_clicks


def app(number, category="Weather"):
    metadata = AppMetadata(
        name=f"Storm Radar {number}",
        category=category,
        region="us",
        pricing="free",
        features=("radar",),
        description="storm rain wind",
    )
    return CatalogueApp(app_id=f"app-{number}", metadata=metadata, source="test", generated=True)


@pytest.fixture
def catalogue(tmp_path):
    write_catalogue(tmp_path, [app(number) for number in range(8)])
    return Catalogue(tmp_path)


class PlatformFake:
    """Answers every request with all other apps, and keeps what it is told."""

    def __init__(self):
        self.asked, self.outcomes, self.refuses = [], [], False

    async def __call__(self, request):
        # As over a network: others go on while one waits for its answer.
        await asyncio.sleep(0)
        body = json.loads(request.content)
        if self.refuses:
            return httpx.Response(422, json={"detail": "no"})
        if request.url.path.endswith("/outcomes"):
            self.outcomes.append(body)
            return httpx.Response(202, json={})
        self.asked.append(body)
        others = [f"app-{n}" for n in range(8) if f"app-{n}" != body["app_id"]]
        answer = {
            "request_id": f"r-{len(self.asked)}",
            "neighbors": [{"app_id": o} for o in others],
        }
        return httpx.Response(200, json=answer)


def run(platform, catalogue, requests=40, seed=0):
    async def go():
        access = Access(api_url="http://kindred/", api_key="k", token=lambda: "t")
        async with ReplayApi(access, transport=httpx.MockTransport(platform)) as api:
            queries = draw_queries(catalogue, requests=requests, seed=seed)
            return await replay_clicks(
                api, catalogue, queries, in_flight=4, progress=lambda _: None
            )

    return asyncio.run(go())


def test_every_click_names_the_answer_it_stood_in_and_a_neighbour_shown(catalogue):
    platform = PlatformFake()

    replayed = run(platform, catalogue)

    assert replayed.requests == len(platform.asked) == 40
    assert replayed.clicks == len(platform.outcomes) > 0
    asked_about = {f"r-{n}": body["app_id"] for n, body in enumerate(platform.asked, start=1)}
    for outcome in platform.outcomes:
        assert outcome["clicked_app_id"] != asked_about[outcome["request_id"]]
        assert outcome["app_id"] == asked_about[outcome["request_id"]]
    assert len({outcome["event_id"] for outcome in platform.outcomes}) == replayed.clicks


def test_the_same_seed_asks_and_clicks_the_same(catalogue):
    def drawn(seed):
        return draw_queries(catalogue, requests=20, seed=seed)

    assert drawn(1) == drawn(1) != drawn(2)
    assert {query.row for query in drawn(1)[:8]} == set(range(8))


def test_the_first_place_is_always_looked_at_and_a_later_one_less_often():
    same = describe(app(1).metadata)

    assert clicked_places(same, [same] * 3, [0.3, 0.3, 0.9]) == [0, 1]
    assert clicked_places(same, [same] * 3, [0.75, 0.5, 0.3]) == [2]
    assert clicked_places(same, [], [0.0] * TOP_K) == []


def test_a_refusing_platform_ends_the_replay_with_its_reason(catalogue):
    platform = PlatformFake()
    platform.refuses = True

    with pytest.raises(PlatformRefused, match="422 no"):
        run(platform, catalogue)


def test_nobody_who_is_replayed_clicks_as_much_as_a_robot():
    """Training would leave out what it was made for."""
    looked_at = examination(TOP_K)

    assert looked_at.mean() < 0.75 * LARGEST_CLICKED_SHARE
