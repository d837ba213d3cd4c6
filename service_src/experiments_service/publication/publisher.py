"""Keeps the snapshot that requests are answered from, and hands it on to whoever else evaluates."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from aws_lambda_powertools import Logger

from experiments_service.publication.channel import Channel
from experiments_service.publication.copies import Copy
from experiments_service.publication.handover import Handover
from experiments_service.publication.published import Published, compile_copy
from kindred.experiments.definitions import Definitions, Experiment
from kindred.experiments.engine.snapshot import Snapshot

_LOAD_SECONDS = 5.0
_RETRY_SECONDS = 1.0
# How soon what was lost is asked again.
_RECHECK_SECONDS = 2.0

Need = Literal["database", "valkey", "s3", "valid definitions"]


class NothingPublished(Exception):
    """No definitions were read yet, from anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationState:
    """`lost` names what could not be reached when it was last needed."""

    status: Literal["ready", "degraded", "not ready"]
    revision: int | None
    age_seconds: float | None
    lost: tuple[Need, ...]


class Publisher:
    """Reads where the definitions are kept, else a copy of them, and else keeps what it holds."""

    def __init__(
        self,
        *,
        load: Callable[[], Awaitable[Definitions]],
        channel: Channel,
        handover: Handover,
        poll_seconds: float,
        logger: Logger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._load = load
        self._channel = channel
        self._handover = handover
        self._poll_seconds = poll_seconds
        self._logger = logger
        self._clock = clock
        self._held: Published | None = None
        self._lost: set[Need] = set()
        self._refreshing = asyncio.Lock()
        self._wake = asyncio.Event()
        self._refreshed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def published(self) -> Published:
        """Raises NothingPublished."""
        if self._held is None:
            raise NothingPublished("no definitions were read yet, from database, Valkey or S3")
        return self._held

    @property
    def current(self) -> Snapshot:
        """Raises NothingPublished."""
        return self.published.snapshot

    def experiment(self, key: str) -> Experiment | None:
        """Raises NothingPublished."""
        return self.published.experiments.get(key)

    @property
    def age_seconds(self) -> float:
        """Since the database was read for what is held; since ever when nothing is."""
        return max(0.0, self._clock() - self._held.copy.read_at) if self._held else float("inf")

    @property
    def state(self) -> PublicationState:
        held = self._held
        degraded: Literal["ready", "degraded"] = "degraded" if self._lost else "ready"
        return PublicationState(
            status=degraded if held else "not ready",
            revision=held.revision if held else None,
            age_seconds=round(self.age_seconds, 1) if held else None,
            lost=tuple(sorted(self._lost)),
        )

    async def start(self) -> None:
        await self._refresh()
        work = (self._poll, self._listen, self._hand_over)
        self._tasks = [asyncio.create_task(each()) for each in work]

    async def stop(self) -> None:
        pending = set(self._tasks)
        while pending:
            for task in pending:
                task.cancel()
            # More than once: a Valkey client that is connecting may swallow a cancellation.
            _, pending = await asyncio.wait(pending, timeout=0.1)
        self._tasks = []

    async def changed(self) -> None:
        """After the commit of a change: evaluate by it here, and tell every other task."""
        await self._refresh()
        if self._held:
            with self._needing("valkey"):
                await self._channel.announce(self._held.revision)

    async def _poll(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_next()):
                    await self._wake.wait()
            self._wake.clear()
            await self._refresh()

    async def _listen(self) -> None:
        """A change that was announced while nobody listened is found on connecting again."""
        while True:
            with self._needing("valkey"):
                async with contextlib.aclosing(self._channel.announcements()) as revisions:
                    async for revision in revisions:
                        if self._held is None or revision != self._held.revision:
                            self._wake.set()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _hand_over(self) -> None:
        """To S3, whatever has changed; tried again after the next refresh."""
        handed: tuple[int, str] | None = None
        while True:
            await self._refreshed.wait()
            self._refreshed.clear()
            held = self.published
            this = (held.revision, held.snapshot.version)
            if this != handed and "database" not in self._lost:
                with self._needing("s3"):
                    await asyncio.to_thread(self._handover.publish, held)
                    handed = this

    async def _refresh(self) -> None:
        async with self._refreshing:
            copy = await self._from_database() or await self._newest_copy()
            if copy is None:
                return
            now = datetime.fromtimestamp(self._clock(), UTC)
            with self._needing("valid definitions"):
                self._held = await asyncio.to_thread(compile_copy, copy, now=now, held=self._held)
                self._refreshed.set()

    async def _from_database(self) -> Copy | None:
        copy = None
        with self._needing("database"):
            async with asyncio.timeout(_LOAD_SECONDS):
                copy = Copy(definitions=await self._load(), read_at=self._clock())
        if copy:
            with self._needing("valkey"):
                await self._channel.keep(copy)
        return copy

    async def _newest_copy(self) -> Copy | None:
        """Another task may still reach the database, and have left what it read."""
        copy = None
        with self._needing("valkey"):
            copy = await self._channel.kept()
        if copy is None:
            with self._needing("s3"):
                copy = await asyncio.to_thread(self._handover.fetch)
        known = [each for each in (copy, self._held.copy if self._held else None) if each]
        return max(known, key=lambda each: (each.revision, each.read_at), default=None)

    def _seconds_to_next(self) -> float:
        if self._held is None:
            return _RETRY_SECONDS
        longest = min(self._poll_seconds, _RECHECK_SECONDS) if self._lost else self._poll_seconds
        if self._held.next_change is None:
            return longest
        until = self._held.next_change.timestamp() - self._clock()
        return min(longest, max(until, 0.01))

    @contextlib.contextmanager
    def _needing(self, need: Need) -> Iterator[None]:
        """What fails in here, in whatever way, leaves standing what is held."""
        try:
            yield
        except Exception as error:
            if need not in self._lost:
                self._logger.warning("kept the last definitions", lost=need, reason=str(error))
            self._lost.add(need)
        else:
            self._lost.discard(need)
