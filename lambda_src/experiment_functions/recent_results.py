"""The last evaluations of a warm function, so that the same question is answered at once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

SECONDS = 60.0
ENTRIES = 1_000


class RecentResults:
    """The least recently used of more than `ENTRIES` goes; none is older than `SECONDS`."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self.hits = 0

    def get_or(self, key: Hashable, evaluate: Callable[[], Any]) -> Any:
        found = self._entries.get(key)
        if found is not None and self._clock() < found[0]:
            self._entries.move_to_end(key)
            self.hits += 1
            return found[1]
        result = evaluate()
        self._entries[key] = (self._clock() + SECONDS, result)
        self._entries.move_to_end(key)
        if len(self._entries) > ENTRIES:
            self._entries.popitem(last=False)
        return result
