"""Latencies of a window in bounded memory."""

from __future__ import annotations

import math
from collections import Counter

_GROWTH = 1.02
_LOG_GROWTH = math.log(_GROWTH)
_SMALLEST_MS = 0.01


class LatencyHistogram:
    """Counts in buckets that grow by 2 %, so a percentile is at most 2 % above the true one."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._total_ms = 0.0
        self.count = 0

    def add(self, latency_ms: float) -> None:
        bounded = max(latency_ms, _SMALLEST_MS)
        self._counts[math.ceil(math.log(bounded) / _LOG_GROWTH)] += 1
        self._total_ms += latency_ms
        self.count += 1

    def copy(self) -> LatencyHistogram:
        other = LatencyHistogram()
        other._counts, other._total_ms, other.count = (
            self._counts.copy(),
            self._total_ms,
            self.count,
        )
        return other

    @property
    def mean_ms(self) -> float:
        return self._total_ms / self.count if self.count else 0.0

    def percentile_ms(self, percent: float) -> float:
        """The upper edge of the bucket that holds the nearest-rank percentile; 0 when empty."""
        rank = math.ceil(self.count * percent / 100)
        seen = 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= rank:
                return _GROWTH**bucket
        return 0.0
