"""A request as part of the trace that API Gateway began."""

import contextlib
import json

import pytest
import redis
from opentelemetry import trace
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

import kindred_service.observation as observation
from kindred.experiments.events import decode
from kindred_service.interactions import Interactions
from kindred_service.tracing import provider_for, start_tracing
from tests.pseudonyms import SecretFake

# Seconds a file.
pytestmark = pytest.mark.slow

TRACE, GATEWAY = "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
ROOT = "1-5759e988-bd862e3fe1be46a994272793"
SAMPLED = {"x-amzn-trace-id": f"Self=1-2-3;Root={ROOT};Parent={GATEWAY};Sampled=1"}
NOT_SAMPLED = {"x-amzn-trace-id": f"Root={ROOT};Parent={GATEWAY};Sampled=0"}
QUERY = {"partner_id": "p", "app_id": "app-001"}


class StreamFake:
    def put(self, records):
        self.records = records
        return {}


class Spans:
    def __init__(self):
        self.exporter = InMemorySpanExporter()
        environ = {"SERVICE_NAME": "similarity_service", "ENVIRONMENT": "test"}
        self.provider = provider_for(environ, self.exporter)

    @property
    def finished(self):
        self.provider.force_flush()
        return self.exporter.get_finished_spans()


@pytest.fixture
def spans(monkeypatch):
    spans = Spans()
    monkeypatch.setattr(observation, "_tracer", spans.provider.get_tracer("test"))
    # FastAPI makes spans of its own wherever a provider is set: with paths, as the client asks.
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", spans.provider)
    yield spans
    spans.provider.shutdown()


def test_a_request_is_a_span_of_the_gateway_s_trace(similarity, spans):
    given = {**SAMPLED, "x-correlation-id": "edge-7"}
    similarity.post("/api/v1/find-similar", json=QUERY, headers=given)

    [span] = spans.finished
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == GATEWAY
    assert span.kind is SpanKind.SERVER
    assert span.name == "POST /api/v1/find-similar"
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["kindred.correlation_id"] == "edge-7"
    assert span.resource.attributes["service.name"] == "similarity_service"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(NOT_SAMPLED, id="the gateway decided against it"),
        pytest.param({}, id="nobody decided"),
        pytest.param(
            {**NOT_SAMPLED, "traceparent": f"00-{TRACE}-{GATEWAY}-01"}, id="only the client did"
        ),
    ],
)
def test_the_gateway_decides_what_is_traced(similarity, spans, headers):
    similarity.get("/api/v1/apps", headers=headers)

    assert spans.finished == ()


def test_a_failure_is_an_error_of_its_span(similarity, platform, spans, monkeypatch):
    def explode(*arguments, **keywords):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(platform.collaborators.resolver.models["v1"].index), "search", explode)
    similarity.post("/api/v1/find-similar", json=QUERY, headers=SAMPLED)

    [span] = spans.finished
    assert span.status.status_code is StatusCode.ERROR
    assert "secret" not in span.to_json()


def test_no_span_names_what_was_asked_for(similarity, spans):
    similarity.get("/api/v1/apps/app-001", headers=SAMPLED)

    [span] = spans.finished
    assert "app-001" not in span.to_json()


@pytest.mark.parametrize("headers", [SAMPLED, NOT_SAMPLED], ids=["sampled", "not sampled"])
def test_every_line_of_a_request_names_its_trace(similarity, platform, headers):
    similarity.get("/api/v1/apps", headers=headers)
    similarity.get("/api/v1/apps")

    traced, untraced = platform.logged("request")
    assert traced["trace_id"] == ROOT
    assert untraced.get("trace_id") is None


def test_what_a_request_sends_to_the_stream_names_its_trace(similarity, platform, spans):
    stream = StreamFake()
    interactions = Interactions(
        stream,
        pseudonyms=SecretFake(),
        logger=platform.collaborators.logger,
        count_dropped=len,
    )
    platform.interactions.add = interactions.add

    similarity.post("/api/v1/find-similar", json=QUERY, headers=SAMPLED)
    interactions.flush()

    [span] = spans.finished
    [event] = [decode(record.data) for record in stream.records]
    assert event.traceparent == f"00-{TRACE}-{span.context.span_id:016x}-01"


def test_a_command_to_the_cache_is_a_span_without_what_it_names(spans):
    instrumentor = RedisInstrumentor()
    instrumentor.instrument(tracer_provider=spans.provider)
    try:
        parent = observation.parent_of(SAMPLED["x-amzn-trace-id"])
        tracer = spans.provider.get_tracer("test")
        with (
            tracer.start_as_current_span("request", parent),
            redis.Redis(port=1) as client,
            contextlib.suppress(redis.ConnectionError),
        ):
            client.get("sticky:unit-7")
    finally:
        instrumentor.uninstrument()

    called = next(span for span in spans.finished if span.kind is SpanKind.CLIENT)
    assert called.name == "GET"
    assert "unit-7" not in json.dumps(dict(called.attributes))


def test_without_a_collector_nothing_is_instrumented(platform):
    start_tracing({"SERVICE_NAME": "s", "ENVIRONMENT": "e"}, platform.collaborators.logger)

    assert not RedisInstrumentor().is_instrumented_by_opentelemetry
