"""What X-Ray is told."""

from __future__ import annotations

import pytest

from kindred.tracing.segments import Call, Interval, segment, subsegment
from kindred.tracing.trace_context import TraceContext

PARENT = TraceContext("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", sampled=True)
INTERVAL = Interval(100.0, 100.5)


def call(status, request_id=None):
    return Call(
        service="kinesis",
        operation="PutRecords",
        region="us-east-1",
        status=status,
        request_id=request_id,
    )


def test_work_that_another_began_hangs_below_it():
    document = segment(PARENT, INTERVAL, name="process_events", annotations={}, failed=False)

    assert document["trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert document["parent_id"] == "53995c3f42cd8ad8"
    assert document["id"] != document["parent_id"]
    assert (document["start_time"], document["end_time"]) == (100.0, 100.5)
    assert "type" not in document


@pytest.mark.parametrize(
    ("status", "marks"),
    [
        pytest.param(200, (False, False, False), id="answered"),
        pytest.param(400, (False, True, False), id="refused"),
        pytest.param(429, (True, True, False), id="throttled"),
        pytest.param(503, (False, False, True), id="failed"),
        pytest.param(None, (False, False, True), id="not answered"),
    ],
)
def test_a_call_says_how_it_went(status, marks):
    document = subsegment(PARENT, INTERVAL, call(status))

    assert (document["throttle"], document["error"], document["fault"]) == marks
    assert document["type"] == "subsegment"
    assert document["aws"] == {"operation": "PutRecords", "region": "us-east-1"}


def test_a_call_names_the_request_that_aws_knows_it_by():
    assert subsegment(PARENT, INTERVAL, call(200, "r-1"))["aws"]["request_id"] == "r-1"
