"""What the database is asked, as parts of a trace."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from experiments_service.database import statement_spans
from kindred_service.tracing import parent_of, provider_for

SAMPLED = f"Root=1-5759e988-bd862e3fe1be46a994272793;Parent={'5' * 16};Sampled=1"


@pytest.fixture
def finished(monkeypatch):
    exporter = InMemorySpanExporter()
    provider = provider_for({"SERVICE_NAME": "experiments", "ENVIRONMENT": "test"}, exporter)
    monkeypatch.setattr(statement_spans, "_tracer", provider.get_tracer("test"))

    def spans():
        provider.force_flush()
        return exporter.get_finished_spans()

    yield spans
    provider.shutdown()


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    statement_spans.trace_statements(engine)
    with engine.connect() as connection:
        yield connection


def within(header):
    return trace.use_span(trace.get_current_span(parent_of(header)))


def test_a_statement_is_a_span_without_the_values_it_was_given(connection, finished):
    with within(SAMPLED):
        connection.execute(text("select :unit"), {"unit": "unit-7"})

    [span] = finished()
    assert f"{span.parent.span_id:016x}" == "5" * 16
    assert span.name == "SELECT"
    assert span.attributes["db.query.text"] == "select ?"
    assert "unit-7" not in span.to_json()


def test_a_statement_that_fails_says_so_and_not_why(connection, finished):
    with within(SAMPLED), pytest.raises(OperationalError):
        connection.execute(text("select 1 from unit_7_is_no_table"))

    [span] = finished()
    assert span.status.status_code is StatusCode.ERROR
    assert not span.events


def test_what_no_traced_request_asks_is_no_span(connection, finished):
    connection.execute(text("select 1"))

    assert finished() == ()
