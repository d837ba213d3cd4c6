"""Units' sticky documents in Valkey: a hash a unit, a field an experiment."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable, Mapping
from typing import Any

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisClusterException, RedisError

# Longer than any experiment runs; each assignment starts it anew.
_KEEP_SECONDS = 180 * 24 * 3600
_PAUSE_AFTER_FAILURE_SECONDS = 1.0
_LONGEST_SECONDS = 0.5
_FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError)


class StickyUnits:
    """Losing Valkey loses stickiness, never an answer: a failed read remembers nothing.

    After a failure it is left alone for a second, so that requests do not queue behind it.
    """

    def __init__(self, client: Redis | RedisCluster) -> None:
        self._client = client
        self._paused_until = 0.0

    async def recall(self, units: Iterable[tuple[str, str]]) -> dict[str, Mapping[str, Any]]:
        """Documents by `attribute||value`, as the engine takes them."""
        asked = list(units)
        if not asked or time.monotonic() < self._paused_until:
            return {}
        pipeline = self._client.pipeline(transaction=False)
        for attribute, value in asked:
            pipeline.hgetall(sticky_key(attribute, value))
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                found = await pipeline.execute()
        except _FAILURES:
            self._pause()
            return {}
        return {
            f"{attribute}||{value}": {
                "attributeName": attribute,
                "attributeValue": value,
                "assignments": {
                    field.decode(): variation.decode() for field, variation in held.items()
                },
            }
            for (attribute, value), held in zip(asked, found, strict=True)
            if held
        }

    async def remember(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """The first of two assignments that come at once is the one that stays."""
        kept = list(documents)
        if not kept or time.monotonic() < self._paused_until:
            return
        pipeline = self._client.pipeline(transaction=False)
        for document in kept:
            key = sticky_key(document["attributeName"], document["attributeValue"])
            for field, variation in document["assignments"].items():
                pipeline.hsetnx(key, field, variation)
            pipeline.expire(key, _KEEP_SECONDS)
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                await pipeline.execute()
        except _FAILURES:
            self._pause()

    def _pause(self) -> None:
        self._paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE_SECONDS


def sticky_key(attribute: str, value: str) -> str:
    """Of one length, whatever a caller gives for a unit, and also of half a character."""
    unit = f"{attribute}||{value}".encode(errors="surrogatepass")
    return "sticky:" + hashlib.blake2b(unit, digest_size=16).hexdigest()
