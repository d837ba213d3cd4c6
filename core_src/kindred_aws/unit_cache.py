"""Sticky arms and new apps' vectors in Valkey, one round trip a request."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException, RedisError

STICKY_SECONDS = 24 * 3600
VECTOR_SECONDS = 3600
_PAUSE_AFTER_FAILURE_SECONDS = 1.0
# A first connection with its TLS handshake included; a request waits no longer than this.
_LONGEST_SECONDS = 0.5
_FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the cache holds of a unit: its arm, and vectors (raw float32) by their key."""

    arm: str | None
    vectors: Mapping[str, bytes]


NOTHING = Remembered(arm=None, vectors={})


class UnitCache:
    """Losing Valkey loses stickiness and speed, never an answer: a failed read remembers nothing.

    After a failure the cache is left alone for a second, so that requests do not queue behind
    its time-out. `failures` counts them.
    """

    def __init__(self, client: Redis | RedisCluster) -> None:
        self._client = client
        self._paused_until = 0.0
        self.failures = 0

    async def recall(self, arm_key: str, vector_keys: tuple[str, ...] = ()) -> Remembered:
        if time.monotonic() < self._paused_until:
            return NOTHING
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                held = await self._get(arm_key, *vector_keys)
        except _FAILURES:
            self._pause()
            return NOTHING
        arm, *vectors = held
        return Remembered(
            arm=arm.decode() if arm else None,
            vectors={
                key: vector for key, vector in zip(vector_keys, vectors, strict=True) if vector
            },
        )

    async def _get(self, *keys: str) -> list[bytes | None]:
        # Not MGET: in a cluster the keys lie on several nodes, which a pipeline asks side by side.
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.get(key)
        return cast("list[bytes | None]", await pipeline.execute())

    async def remember(
        self, *, arm: tuple[str, str] | None, vector: tuple[str, bytes] | None
    ) -> bool:
        """Keep an arm for 24 hours from its first assignment, and a vector for an hour.

        Whether the arm is kept from now on: of several requests at once only one is told so.
        """
        if time.monotonic() < self._paused_until or not (arm or vector):
            return False
        pipeline = self._client.pipeline(transaction=False)
        if arm:
            pipeline.set(arm[0], arm[1], nx=True, ex=STICKY_SECONDS)
        if vector:
            pipeline.set(vector[0], vector[1], ex=VECTOR_SECONDS)
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                first, *_ = await pipeline.execute()
        except _FAILURES:
            self._pause()
            return False
        return bool(arm and first)

    async def is_reachable(self) -> bool:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                return bool(await self._client.ping())
        except _FAILURES:
            return False

    def _pause(self) -> None:
        self.failures += 1
        self._paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE_SECONDS


def connect(
    *,
    host: str,
    port: int,
    username: str | None = None,
    password: str | None = None,
    cluster: bool = False,
    tls: bool = True,
) -> Redis | RedisCluster:
    """A client that never retries: what it cannot have at once, a request does without.

    The certificate is verified against the system's trust store.
    """
    kind = RedisCluster if cluster else Redis
    return kind(
        host=host,
        port=port,
        username=username,
        password=password,
        ssl=tls,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=_LONGEST_SECONDS,
        socket_connect_timeout=_LONGEST_SECONDS,
    )


def arm_key(experiment_id: str, partner_id: str, app_id: str) -> str:
    """Parts are length-prefixed, so that `a:b` with `c` is not `a` with `b:c`."""
    return "arm:" + _digest(experiment_id, partner_id, app_id)


def vector_key(model_version: str, app: str) -> str:
    """`app` is the canonical text of a new app's metadata; another model has other keys."""
    return f"vector:{model_version}:{_digest(app)}"


def _digest(*parts: str) -> str:
    joined = b"".join(b"%d:%s" % (len(raw := part.encode()), raw) for part in parts)
    return hashlib.blake2b(joined, digest_size=16).hexdigest()
