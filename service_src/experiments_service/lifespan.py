"""What runs beside requests, from the first to the last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from experiments_service.collaborators import ExperimentCollaborators
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
                    collaborators.metrics.close_minute, every_seconds=_EMF_SECONDS, logger=logger
                )
            )
        ]
        try:
            yield
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await collaborators.publisher.stop()
            collaborators.metrics.close_minute()

    return lifespan
