"""Steady requests to /inference made from the catalogue's apps, counted by who answered."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from ops.http_answers import detail_of

_MOST_IN_FLIGHT = 64
_TIMEOUT_SECONDS = 30
_USERS = 1_000


@dataclass(slots=True)
class Variant:
    """`latencies_ms` are the model's, as the answers name them."""

    latencies_ms: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """By nearest rank."""
        ranked = sorted(self.latencies_ms)
        return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


@dataclass(slots=True)
class Traffic:
    """What became of the requests so far. `late` were not sent: too many waited already."""

    variants: dict[str, Variant] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    late: int = 0

    @property
    def answered(self) -> int:
        return sum(len(each.latencies_ms) for each in self.variants.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """`seconds` None is until somebody interrupts it."""

    rate_per_second: float
    seconds: float | None
    target_variant: str | None = None


async def send_traffic(
    client: httpx.AsyncClient,
    queries: Sequence[Mapping[str, Any]],
    course: Course,
    traffic: Traffic,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Sends on time whatever the answers take, so that a slow model gets no easier a life."""
    start, number = clock(), 0
    waiting: set[asyncio.Task[None]] = set()
    while course.seconds is None or number < course.seconds * course.rate_per_second:
        await sleep(max(0.0, start + number / course.rate_per_second - clock()))
        if len(waiting) < _MOST_IN_FLIGHT:
            body = {
                "user_id": f"user-{number % _USERS}",
                "features": queries[number % len(queries)],
            }
            if course.target_variant:
                body["target_variant"] = course.target_variant
            task = asyncio.create_task(_ask(client, body, traffic))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        else:
            traffic.late += 1
        number += 1
    await asyncio.gather(*waiting)


async def _ask(client: httpx.AsyncClient, body: Mapping[str, Any], traffic: Traffic) -> None:
    try:
        answer = await client.post("inference", json=body, timeout=_TIMEOUT_SECONDS)
    except httpx.TransportError as error:
        traffic.failures[type(error).__name__] += 1
        return
    if not answer.is_success:
        traffic.failures[detail_of(answer)] += 1
        return
    found = answer.json()
    variant = traffic.variants.setdefault(found["variant"], Variant())
    variant.latencies_ms.append(found["latency_ms"]["model"])
