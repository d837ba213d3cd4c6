"""The user pool's public keys, fetched when a token names one that is not known yet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx
from jwt import PyJWK, PyJWKError

# A made-up key id must not send every request to the pool, nor to one that does not answer.
_SECONDS_BETWEEN_FETCHES = 30.0
_SECONDS_AFTER_FAILURE = 2.0
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
        self._fetch_again_at = clock()
        self._failure: KeysUnavailable | None = None
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> PyJWK | None:
        """None for a key that the pool does not have. Raises KeysUnavailable."""
        if key_id not in self._keys:
            # Whoever waits here learns what the one before found out, good or bad.
            async with self._fetching:
                if key_id not in self._keys:
                    await self._fetch_in_time()
        return self._keys.get(key_id)

    async def _fetch_in_time(self) -> None:
        if self._clock() >= self._fetch_again_at:
            try:
                self._keys, self._failure = await self._fetch(), None
            except KeysUnavailable as error:
                self._failure = error
            pause = _SECONDS_AFTER_FAILURE if self._failure else _SECONDS_BETWEEN_FETCHES
            self._fetch_again_at = self._clock() + pause
        if self._failure:
            raise KeysUnavailable(str(self._failure)) from self._failure

    async def _fetch(self) -> dict[str, PyJWK]:
        try:
            answer = await self._client.get(self._url, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
            found = [PyJWK(key) for key in answer.json()["keys"]]
        except (httpx.HTTPError, PyJWKError, KeyError, TypeError, ValueError) as error:
            raise KeysUnavailable(f"{self._url}: {error!r}") from error
        return {key.key_id: key for key in found if key.key_id}
