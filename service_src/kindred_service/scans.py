"""Work that reads the whole catalogue, kept off the event loop."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

# As many at once as there are cores: more would only take memory bandwidth from each other.
_AT_ONCE = CapacityLimiter(os.cpu_count() or 1)
Result = TypeVar("Result")


async def scan(read: Callable[[], Result]) -> Result:
    return await to_thread.run_sync(read, limiter=_AT_ONCE)
