"""Tells people of what happened, where they asked to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import httpx
from aws_lambda_powertools import Logger

from experiments_service.metrics import ExperimentMetrics

# More than this many waiting to be sent means that nobody takes them.
_MOST_WAITING = 100
_TIMEOUT_SECONDS = 5.0


class NoticeFailed(Exception):
    """The other side did not take it; the message says what it answered."""


class Way(Protocol):
    """How a notice is sent. Raises NoticeFailed and httpx.HTTPError."""

    name: str

    async def send(self, client: httpx.AsyncClient, text: str) -> None: ...


class Notices:
    """Sent beside the request; one that fails is logged and counted, and nothing else."""

    def __init__(self, ways: Sequence[Way], *, metrics: ExperimentMetrics, logger: Logger) -> None:
        self._ways = ways
        self._metrics = metrics
        self._logger = logger
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) if ways else None
        self._sending: set[asyncio.Task[None]] = set()

    def tell(self, text: str) -> None:
        """Returns at once."""
        for way in self._ways if len(self._sending) < _MOST_WAITING else ():
            task = asyncio.create_task(self._send(way, text))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def close(self) -> None:
        """After what is being sent."""
        await asyncio.gather(*self._sending, return_exceptions=True)
        if self._client:
            await self._client.aclose()

    async def _send(self, way: Way, text: str) -> None:
        try:
            assert self._client is not None
            await way.send(self._client, text)
        except (NoticeFailed, httpx.HTTPError, ValueError) as error:
            self._metrics.count("notices_failed")
            self._logger.warning("notice not sent", way=way.name, reason=str(error) or repr(error))
