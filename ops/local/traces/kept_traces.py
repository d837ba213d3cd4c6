"""Spans by trace, as long as there is room; the oldest traces go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from ops.local.traces.span import Span

TRACES_KEPT = 2_000
SPANS_PER_TRACE = 500


class KeptTraces:
    """Shared by threads. A span that is told twice is one."""

    def __init__(self) -> None:
        self._traces: OrderedDict[str, dict[str, Span]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, spans: Iterable[Span]) -> None:
        with self._lock:
            for span in spans:
                trace = self._traces.setdefault(span.trace_id, {})
                if len(trace) < SPANS_PER_TRACE:
                    trace[span.span_id] = span
            while len(self._traces) > TRACES_KEPT:
                self._traces.popitem(last=False)

    def of(self, trace_id: str) -> list[Span]:
        """By their beginning; empty for a trace that nobody told of."""
        with self._lock:
            spans = list(self._traces.get(trace_id, {}).values())
        return sorted(spans, key=lambda span: span.started)

    def latest(self, count: int) -> list[Mapping[str, Any]]:
        """The newest first: what began each, how long it took, and who was part of it."""
        with self._lock:
            newest = list(self._traces)[-count:][::-1]
        return [_summary(trace_id, self.of(trace_id)) for trace_id in newest]


def _summary(trace_id: str, spans: list[Span]) -> dict[str, Any]:
    first = spans[0]
    return {
        "trace_id": trace_id,
        "name": first.name,
        "started": first.started,
        "duration_ms": round((max(span.ended for span in spans) - first.started) * 1_000, 1),
        "services": list(dict.fromkeys(span.service for span in spans)),
        "spans": len(spans),
        "failed": any(span.failed for span in spans),
    }
