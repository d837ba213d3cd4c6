"""Asks for apps like those of the catalogue, and clicks on the answers as a stated model does.

The queries are real apps; the clicks are those of `kindred.retraining.click_model`, which knows
the metadata and none of the embeddings. Everything goes through the platform's own API.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kindred.retraining.click_model import Described, attraction, describe, examination
from kindred.similarity.catalogue import Catalogue
from ops.replay.api import ReplayApi

TOP_K = 20
# A partner asks about many apps; no unit, a partner's app, may look like a robot.
PARTNERS = tuple(f"replay-{number}" for number in range(50))


@dataclass(slots=True)
class Clicked:
    """`requests` answered, and `clicks` sent on their neighbours."""

    requests: int = 0
    clicks: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """One request, and the draws in [0, 1) that decide on the click at each place."""

    number: int
    row: int
    draws: tuple[float, ...]


def draw_queries(catalogue: Catalogue, *, requests: int, seed: int) -> list[Query]:
    """The same for a seed; apps come again once all were asked for."""
    random = np.random.default_rng(seed)
    rounds = [random.permutation(len(catalogue)) for _ in range(1 + requests // len(catalogue))]
    rows = np.concatenate(rounds)[:requests]
    draws = random.random((requests, TOP_K))
    return [
        Query(number, int(row), tuple(draws[number].tolist())) for number, row in enumerate(rows)
    ]


async def replay_clicks(
    api: ReplayApi,
    catalogue: Catalogue,
    queries: Sequence[Query],
    *,
    in_flight: int,
    progress: Callable[[int], None],
) -> Clicked:
    """Raises PlatformRefused."""
    replayed = Clicked()
    waiting = iter(queries)

    async def work() -> None:
        for query in waiting:
            clicks = await _ask_and_click(api, catalogue, query)
            # Not `+=` around an await: it adds to what was there before others counted.
            replayed.clicks += clicks
            replayed.requests += 1
            progress(1)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(work())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return replayed


async def _ask_and_click(api: ReplayApi, catalogue: Catalogue, query: Query) -> int:
    app = catalogue.app(query.row)
    unit = {"partner_id": PARTNERS[query.number % len(PARTNERS)], "app_id": app.app_id}
    answer = await api.find_similar({**unit, "top_k": TOP_K})
    shown = [str(neighbor["app_id"]) for neighbor in answer["neighbors"]]
    clicked = clicked_places(
        describe(app.metadata),
        [describe(catalogue.app(catalogue.row(app_id)).metadata) for app_id in shown],
        query.draws,
    )
    for place in clicked:
        await api.tell_outcome(
            {
                **unit,
                "type": "click",
                "event_id": str(uuid.uuid4()),
                "request_id": answer["request_id"],
                "clicked_app_id": shown[place],
            }
        )
    return len(clicked)


def clicked_places(
    query: Described, shown: Sequence[Described], draws: Sequence[float]
) -> list[int]:
    """Places, from 0, that are looked at and attract enough for their draw."""
    looked_at = examination(len(shown))
    return [
        place
        for place, neighbour in enumerate(shown)
        if draws[place] < looked_at[place] * attraction(query, neighbour)
    ]
