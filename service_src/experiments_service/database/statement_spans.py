"""A span for each statement, with its placeholders and never with what stands for them."""

from __future__ import annotations

from typing import Any

from opentelemetry import trace
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

_LONGEST_TEXT = 2_000
_SPAN = "kindred_span"
_tracer = trace.get_tracer("experiments_service.database")


def trace_statements(engine: Engine) -> None:
    """Below the span of the request that waits for it; a statement of no request has none.

    OpenTelemetry's own instrumentation takes SQLAlchemy below 2.1 alone.
    """
    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", _end)
    event.listen(engine, "handle_error", _fail)


def _begin(_: Any, __: Any, statement: str, ___: Any, context: Any, ____: bool) -> None:
    span = _tracer.start_span(statement.split(maxsplit=1)[0].upper(), kind=trace.SpanKind.CLIENT)
    if span.is_recording():
        span.set_attributes(
            {"db.system.name": "postgresql", "db.query.text": statement[:_LONGEST_TEXT]}
        )
    setattr(context, _SPAN, span)


def _end(_: Any, __: Any, ___: str, ____: Any, context: Any, _____: bool) -> None:
    _finish(context, trace.StatusCode.UNSET)


def _fail(failed: ExceptionContext) -> None:
    _finish(failed.execution_context, trace.StatusCode.ERROR)


def _finish(context: Any, status: trace.StatusCode) -> None:
    span: trace.Span | None = getattr(context, _SPAN, None)
    if span is not None:
        span.set_status(status)
        span.end()
