"""Spans of requests and of what they call, for the collector that runs beside the service."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from aws_lambda_powertools import Logger
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased

from kindred.tracing.trace_context import TraceContext, from_amazon_header

AMAZON_HEADER = "x-amzn-trace-id"
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_EXPORT_SECONDS = 2.0


def start_tracing(environ: Mapping[str, str], logger: Logger) -> None:
    """Once for the process; without a collector's address nothing is recorded.

    What goes wrong on the way to the collector is logged, and never a request's concern.
    """
    if not environ.get(_ENDPOINT):
        return
    of_library = logging.getLogger("opentelemetry")
    of_library.handlers, of_library.propagate = list(logger.handlers), False
    provider = provider_for(environ, OTLPSpanExporter(timeout=_EXPORT_SECONDS))
    trace.set_tracer_provider(provider)
    BotocoreInstrumentor().instrument()  # type: ignore[no-untyped-call]
    # Commands without their arguments, which name units.
    RedisInstrumentor().instrument()


def provider_for(environ: Mapping[str, str], exporter: SpanExporter) -> TracerProvider:
    """API Gateway decides what is traced: what comes without its decision is not."""
    provider = TracerProvider(
        sampler=ParentBased(root=ALWAYS_OFF),
        resource=Resource.create(
            {
                "service.name": environ["SERVICE_NAME"],
                "service.namespace": "kindred",
                "deployment.environment.name": environ["ENVIRONMENT"],
            }
        ),
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def parent_of(header: str | None) -> Context:
    """What a request is part of, by its X-Amzn-Trace-Id: whatever the client said, API Gateway
    and the load balancer have written it anew."""
    given = from_amazon_header(header)
    if given is None:
        return Context()
    remote = trace.SpanContext(
        int(given.trace_id, 16),
        int(given.span_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(given.sampled),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(remote), Context())


def current_trace() -> TraceContext | None:
    """Where in which trace this runs; None outside a request that is part of one."""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return None
    return TraceContext(f"{span.trace_id:032x}", f"{span.span_id:016x}", span.trace_flags.sampled)


def current_traceparent() -> str | None:
    """For what leaves the request and is handled elsewhere."""
    here = current_trace()
    return here.traceparent if here else None
