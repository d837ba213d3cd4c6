"""Consumers of the stream go on with the traces of what they handle."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from experiment_functions import process_events, stream_tracing

# Seconds a file.
pytestmark = pytest.mark.slow

TRACES = ["5759e988bd862e3fe1be46a994272793", "1" * 32]
REQUEST = "53995c3f42cd8ad8"


class SegmentsFake:
    def __init__(self):
        self.documents, self.problem = [], None

    def put(self, documents):
        self.documents += documents
        return self.problem


@pytest.fixture
def segments(monkeypatch):
    fake = SegmentsFake()
    monkeypatch.setattr(stream_tracing, "_segments", lambda: fake)
    return fake


def traceparent(trace, sampled=True):
    return f"00-{trace}-{REQUEST}-{sampled:02x}"


def handle(records):
    return process_events.handler({"Records": records}, None)


def test_each_traced_request_of_a_batch_goes_on(aws, record, document, segments):
    handle([record(n, document(n, traceparent=traceparent(TRACES[n % 2]))) for n in range(5)])

    told = {each["trace_id"].replace("-", "")[1:]: each for each in segments.documents}
    assert set(told) == set(TRACES)
    assert {each["parent_id"] for each in segments.documents} == {REQUEST}
    assert {each["name"] for each in segments.documents} == {"process_events"}
    assert [told[trace]["annotations"]["events"] for trace in TRACES] == [3, 2]
    assert not any(each["error"] for each in segments.documents)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"traceparent": traceparent(TRACES[0], sampled=False)}, id="not kept"),
        pytest.param({"traceparent": "nonsense"}, id="no trace's name"),
        pytest.param({}, id="no trace"),
    ],
)
def test_what_is_not_traced_is_counted_all_the_same(aws, record, document, segments, changes):
    assert handle([record(1, document(1, **changes))]) == {"batchItemFailures": []}
    assert segments.documents == []


def test_a_trace_that_nobody_takes_delays_no_event(aws, record, document, segments, monkeypatch):
    segments.problem, log = "ThrottledException", Mock()
    monkeypatch.setattr(stream_tracing, "logger", lambda: log)

    answer = handle([record(1, document(1, traceparent=traceparent(TRACES[0])))])

    assert answer == {"batchItemFailures": []}
    log.warning.assert_called_once_with(
        "traces not continued", reason="ThrottledException", traces=1
    )
