"""Tracked events as part of the request that told of them."""

import pytest
from fastapi.testclient import TestClient

from experiments_service.main import create_app
from kindred.experiments.events import decode, new_event_id
from tests.service.experiments.evaluation_fixtures import collaborators, published

TRACE, GATEWAY = "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
HEADER = f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={GATEWAY};Sampled=1"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"x-amzn-trace-id": HEADER}, f"00-{TRACE}-{GATEWAY}-01", id="traced"),
        pytest.param({}, None, id="not traced"),
    ],
)
def test_an_event_names_the_trace_of_its_request_and_not_what_its_sender_says(headers, expected):
    held = collaborators(published())
    event = {
        "event_id": new_event_id(),
        "type": "exposure",
        "occurred_at": "2026-03-01T12:00:00Z",
        "unit_id": "u1",
        "experiment_id": "checkout",
        "variation": "control",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    }
    with TestClient(create_app(held)) as client:
        answer = client.post("/api/v1/tracking/track", json=event, headers=headers)

    assert answer.status_code == 202, answer.text
    [record] = held.event_stream.records
    assert decode(record.data).traceparent == expected
