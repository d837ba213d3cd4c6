"""Sessions in Valkey, each until its token would have expired."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisClusterException, RedisError

_PAUSE_AFTER_FAILURE_SECONDS = 1.0
_LONGEST_SECONDS = 0.5
_FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError)
Answer = TypeVar("Answer")


class SessionStoreUnavailable(Exception):
    """Valkey did not answer in time, or just failed to and is left alone for a second."""


class SessionStore:
    """Values are text; `expires_at` is in epoch seconds. Each method raises
    SessionStoreUnavailable."""

    def __init__(self, client: Redis | RedisCluster) -> None:
        self._client = client
        self._paused_until = 0.0

    async def find(self, key: str) -> str | None:
        held = await self._within_time(lambda: self._client.get(key))
        return held.decode() if isinstance(held, bytes) else held

    async def add(self, key: str, value: str, *, expires_at: int) -> None:
        """Unless the key is taken."""
        await self._within_time(lambda: self._client.set(key, value, nx=True, exat=expires_at))

    async def put(self, key: str, value: str, *, expires_at: int) -> None:
        await self._within_time(lambda: self._client.set(key, value, exat=expires_at))

    async def is_reachable(self) -> bool:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                return bool(await self._client.ping())
        except _FAILURES:
            return False

    async def _within_time(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        if time.monotonic() < self._paused_until:
            raise SessionStoreUnavailable("left alone after a failure")
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                return await work()
        except _FAILURES as error:
            self._paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE_SECONDS
            raise SessionStoreUnavailable(repr(error)) from error
