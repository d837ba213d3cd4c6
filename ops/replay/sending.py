"""Sends events in batches, several at once, and keeps account of what becomes of each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ops.replay.api import PlatformRefused, ReplayApi

BATCH = 500
# A second apart: a new experiment is known to the tracking API within a minute.
_TRIES = 90

Events = Sequence[Mapping[str, Any]]
Progress = Callable[[int], None]


@dataclass(slots=True)
class Sent:
    """`rejected` counts the reasons of events that the platform will never take."""

    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


async def send(
    api: ReplayApi,
    events: Iterable[Mapping[str, Any]],
    *,
    in_flight: int,
    progress: Progress,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Sent:
    """`events` is read as it is sent. Raises PlatformRefused when the platform gives up."""
    sent = Sent()
    batches = _batches(events)

    async def work() -> None:
        for batch in batches:
            await _send_batch(api, batch, sent, sleep)
            progress(len(batch))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(work())
    except ExceptionGroup as failures:
        # The first is the reason; the others were under way beside it.
        raise failures.exceptions[0] from None
    return sent


async def _send_batch(
    api: ReplayApi,
    events: Events,
    sent: Sent,
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    reason = ""
    for _ in range(_TRIES):
        again: list[Mapping[str, Any]] = []
        for event, result in zip(events, await api.track(events), strict=True):
            if result["status"] == "accepted":
                sent.accepted += 1
            elif result["status"] == "retry" or _unpublished(result):
                again.append(event)
                reason = str(result.get("reason"))
            else:
                sent.rejected[str(result.get("reason"))] += 1
        if not again:
            return
        events = again
        await sleep(1.0)
    raise PlatformRefused(f"{len(events)} events were not taken in {_TRIES} tries: {reason}")


def _unpublished(result: Mapping[str, Any]) -> bool:
    return str(result.get("reason")).startswith("experiment_id:")


def _batches(events: Iterable[Mapping[str, Any]]) -> Iterator[Events]:
    source = iter(events)
    while batch := list(islice(source, BATCH)):
        yield batch
