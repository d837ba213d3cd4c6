"""What runs beside requests, from the first to the last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.due_changes import follow_schedule
from experiments_service.publication.current import record_age
from kindred_service.background import repeat

_EMF_SECONDS = 60.0


def running(collaborators: ExperimentCollaborators) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        logger = collaborators.logger
        await collaborators.publisher.start()
        work = [
            asyncio.create_task(
                repeat(
                    lambda: _close_minute(collaborators), every_seconds=_EMF_SECONDS, logger=logger
                )
            ),
            asyncio.create_task(follow_schedule(collaborators)),
        ]
        try:
            yield
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await collaborators.publisher.stop()
            await collaborators.notices.close()
            if collaborators.assistant:
                await collaborators.assistant.close()
            _close_minute(collaborators)

    return lifespan


def _close_minute(collaborators: ExperimentCollaborators) -> None:
    record_age(collaborators)
    collaborators.metrics.close_minute()
