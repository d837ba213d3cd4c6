"""Valkey between the tasks: who changed the definitions says so, and leaves a copy of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisClusterException, RedisError

from experiments_service.publication.copies import Copy, from_json, to_json

FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError)
_KEY = "definitions:copy"
_CHANNEL = "definitions:changed"
_LONGEST_SECONDS = 2.0
# A read that waits no longer, so that a connection which died in silence is found by its next ping.
_LISTEN_SECONDS = 5.0


class Channel:
    """Every method but `close` raises one of FAILURES when Valkey cannot be reached."""

    def __init__(self, client: Redis | RedisCluster, *, ttl_seconds: int) -> None:
        self._client = client
        self._ttl_seconds = ttl_seconds

    async def keep(self, copy: Copy) -> None:
        async with asyncio.timeout(_LONGEST_SECONDS):
            await self._client.set(_KEY, to_json(copy), ex=self._ttl_seconds)

    async def kept(self) -> Copy | None:
        """The copy that some task left, while it has not expired. Raises UnreadableCopy."""
        async with asyncio.timeout(_LONGEST_SECONDS):
            content = await self._client.get(_KEY)
        return from_json(content) if content else None

    async def announce(self, revision: int) -> None:
        async with asyncio.timeout(_LONGEST_SECONDS):
            await self._client.publish(_CHANNEL, str(revision))

    async def announcements(self) -> AsyncGenerator[int | None, None]:
        """Revisions as they are announced; None first, once nothing more can be missed."""
        subscription = self._client.pubsub()
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                await subscription.subscribe(_CHANNEL)
            while True:
                message = await subscription.get_message(timeout=_LISTEN_SECONDS)
                if message is None:
                    await subscription.ping()
                elif message["type"] == "subscribe":
                    yield None
                elif message["type"] == "message":
                    yield int(message["data"])
        finally:
            await subscription.aclose()  # type: ignore[no-untyped-call]
