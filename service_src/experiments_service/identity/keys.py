"""The user pool's public keys, fetched when a token names one that is not known yet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx
from jwt import PyJWK, PyJWKError

# A made-up key id must not send every request to the pool.
_SECONDS_BETWEEN_FETCHES = 30.0
_TIMEOUT_SECONDS = 3.0


class KeysUnavailable(Exception):
    """The keys could not be fetched, so that nothing is known of a token."""


class SigningKeys:
    def __init__(
        self, client: httpx.AsyncClient, *, url: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._url = url
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at: float | None = None
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> PyJWK | None:
        """None for a key that the pool does not have. Raises KeysUnavailable."""
        if key_id not in self._keys:
            async with self._fetching:
                if key_id not in self._keys and self._may_fetch():
                    await self._fetch()
        return self._keys.get(key_id)

    def _may_fetch(self) -> bool:
        return (
            self._fetched_at is None or self._clock() - self._fetched_at >= _SECONDS_BETWEEN_FETCHES
        )

    async def _fetch(self) -> None:
        try:
            answer = await self._client.get(self._url, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
            found = [PyJWK(key) for key in answer.json()["keys"]]
        except (httpx.HTTPError, PyJWKError, KeyError, TypeError, ValueError) as error:
            raise KeysUnavailable(f"{self._url}: {error!r}") from error
        self._keys = {key.key_id: key for key in found if key.key_id}
        self._fetched_at = self._clock()
