"""Work that goes on beside requests, whatever one round of it runs into."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aws_lambda_powertools import Logger


async def repeat(work: Callable[[], object], *, every_seconds: float, logger: Logger) -> None:
    """Until cancelled: wait, then do the work in a thread, since it may block."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await asyncio.to_thread(work)
        except Exception:
            logger.exception("background work failed")
