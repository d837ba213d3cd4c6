"""Where in which trace something happened, as W3C's and as X-Ray's headers say it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace

# https://www.w3.org/TR/trace-context/#traceparent-header; later versions may add fields.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_ROOT = re.compile(r"1-([0-9a-f]{8})-([0-9a-f]{24})")
_SPAN = re.compile(r"(?!0{16})[0-9a-f]{16}")
_LONGEST_HEADER = 512


@dataclass(frozen=True, slots=True)
class TraceContext:
    """`trace_id` has 32 hexadecimal digits and `span_id` 16, as in W3C's header."""

    trace_id: str
    span_id: str
    sampled: bool

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.sampled:02x}"

    @property
    def amazon_trace_id(self) -> str:
        """As X-Ray and CloudWatch Logs name the trace: `1-<8 digits>-<24 digits>`."""
        return f"1-{self.trace_id[:8]}-{self.trace_id[8:]}"

    @property
    def amazon_header(self) -> str:
        return f"Root={self.amazon_trace_id};Parent={self.span_id};Sampled={self.sampled:d}"

    def child(self) -> TraceContext:
        """A new span of the same trace."""
        return replace(self, span_id=new_span_id())


def from_traceparent(header: str | None) -> TraceContext | None:
    """None for what is no such header: a trace is never a reason to refuse anything."""
    match = _TRACEPARENT.fullmatch(header) if header and len(header) <= _LONGEST_HEADER else None
    if match is None:
        return None
    trace_id, span_id, flags = match.groups()
    return TraceContext(trace_id, span_id, sampled=bool(int(flags, 16) & 1))


def from_amazon_header(header: str | None) -> TraceContext | None:
    """Of `X-Amzn-Trace-Id`, or of Lambda's variable `_X_AMZN_TRACE_ID`.

    None without `Root`. A request that began the trace has no `Parent`: it gets one that nobody
    tells of, so that what follows still belongs together. `Self`, which a load balancer adds, is
    no span that X-Ray knows. Not decided is not sampled.
    """
    if not header or len(header) > _LONGEST_HEADER:
        return None
    fields = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    root = _ROOT.fullmatch(fields.get("Root", ""))
    if root is None:
        return None
    parent = _SPAN.fullmatch(fields.get("Parent", ""))
    return TraceContext(
        "".join(root.groups()),
        parent[0] if parent else new_span_id(),
        sampled=fields.get("Sampled") == "1",
    )


def new_span_id() -> str:
    return secrets.token_hex(8)
