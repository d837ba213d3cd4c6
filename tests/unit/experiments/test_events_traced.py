"""Events that belong to a trace."""

from __future__ import annotations

from datetime import UTC, datetime

from kindred.experiments.events import Exposure, decode, encode, traced

TRACEPARENT = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"


def exposure(**given):
    return Exposure(
        event_id="0190a2b4-0000-7000-8000-000000000001",
        occurred_at=datetime(2026, 11, 21, tzinfo=UTC),
        unit_id="u1",
        experiment_id="e1",
        variation="control",
        **given,
    )


def test_a_trace_travels_with_its_event():
    event = traced(exposure(), TRACEPARENT)
    assert decode(encode(event)) == exposure(traceparent=TRACEPARENT)


def test_a_trace_that_a_sender_made_up_is_replaced():
    assert traced(exposure(traceparent="mine"), TRACEPARENT).traceparent == TRACEPARENT
    assert traced(exposure(traceparent="mine"), None) == exposure()
