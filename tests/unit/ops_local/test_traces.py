"""Spans that come in three formats, kept by trace and shown as a tree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from rich.console import Console

from ops.local.trace_command import plain, tree
from ops.local.traces.kept_traces import SPANS_PER_TRACE, TRACES_KEPT, KeptTraces
from ops.local.traces.server import DaemonServer, TraceServer
from ops.local.traces.span import InvalidSpan, Span, read_export, read_segment

TRACE = "5759e988bd862e3fe1be46a994272793"
ROOT = "1-5759e988-bd862e3fe1be46a994272793"


def span(
    number: int, *, trace: str = TRACE, parent: int | None = None, failed: bool = False
) -> Span:
    return Span(
        trace_id=trace,
        span_id=f"{number:016x}",
        parent_id=None if parent is None else f"{parent:016x}",
        service="s",
        name=f"n{number}",
        started=100.0 + number,
        ended=101.0 + number,
        failed=failed,
        attributes={},
    )


def segment(**changes: Any) -> str:
    return json.dumps(
        {
            "trace_id": ROOT,
            "id": "a" * 16,
            "parent_id": "b" * 16,
            "name": "process_events",
            "start_time": 100.0,
            "end_time": 100.5,
            **changes,
        }
    )


def export() -> bytes:
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    name = of_resource.resource.attributes.add(key="service.name")
    name.value.string_value = "similarity_service"
    exported = of_resource.scope_spans.add().spans.add(
        trace_id=bytes.fromhex(TRACE),
        span_id=b"\1" * 8,
        name="POST /x",
        start_time_unix_nano=2_000_000_000,
        end_time_unix_nano=3_500_000_000,
    )
    exported.attributes.add(key="http.response.status_code").value.int_value = 200
    return request.SerializeToString()


def test_what_a_service_exports_is_read() -> None:
    [read] = read_export(export())

    assert (read.trace_id, read.span_id, read.parent_id) == (TRACE, "01" * 8, None)
    assert (read.service, read.name) == ("similarity_service", "POST /x")
    assert (read.started, read.ended) == (2.0, 3.5)
    assert read.attributes == {"http.response.status_code": 200}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        pytest.param({}, "process_events", id="work on its own"),
        pytest.param(
            {"name": "sqs", "aws": {"operation": "SendMessage"}}, "sqs SendMessage", id="a call"
        ),
        pytest.param(
            {"http": {"request": {"method": "GET", "url": "/x"}}}, "GET /x", id="an API's part"
        ),
    ],
)
def test_what_x_ray_is_told_is_read(changes: dict[str, Any], name: str) -> None:
    [read] = read_segment(segment(**changes))

    assert (read.trace_id, read.parent_id, read.name) == (TRACE, "b" * 16, name)


def test_what_lies_within_a_segment_is_read_too() -> None:
    within = {"id": "c" * 16, "name": "dynamodb", "start_time": 100.1, "fault": True}
    _, read = read_segment(segment(subsegments=[within]))

    assert (read.parent_id, read.failed) == ("a" * 16, True)


@pytest.mark.parametrize("document", ["", "{}", "[1]", segment(start_time=None)])
def test_what_is_no_segment_is_said(document: str) -> None:
    with pytest.raises(InvalidSpan):
        list(read_segment(document))


def test_x_ray_is_told_which_segments_were_none() -> None:
    kept = KeptTraces()
    with TraceServer(0, kept) as server:
        body = json.dumps({"TraceSegmentDocuments": [segment(), "nonsense"]}).encode()
        status, _, answer = server.post("/TraceSegments", body)

    assert status == 200
    [refused] = json.loads(answer)["UnprocessedTraceSegments"]
    assert refused["ErrorCode"] == "InvalidSegment"
    assert len(kept.of(TRACE)) == 1


def test_a_datagram_of_the_daemon_s_is_kept() -> None:
    kept = KeptTraces()
    with DaemonServer(0, kept) as daemon:
        for data in (b'{"format": "json", "version": 1}\n' + segment().encode(), b"nonsense"):
            daemon.finish_request((data, None), None)

    assert [each.name for each in kept.of(TRACE)] == ["process_events"]


def test_a_trace_is_what_all_told_of_it_and_room_is_bounded() -> None:
    kept = KeptTraces()
    kept.add([span(2, parent=1), span(1), span(2, parent=1, failed=True)])
    kept.add(span(n, trace="9" * 32) for n in range(SPANS_PER_TRACE + 5))

    assert [each.name for each in kept.of(TRACE)] == ["n1", "n2"]
    assert len(kept.of("9" * 32)) == SPANS_PER_TRACE
    [_, first] = kept.latest(10)
    assert (first["trace_id"], first["spans"], first["failed"]) == (TRACE, 2, True)
    assert first["duration_ms"] == 2_000
    kept.add(span(1, trace=f"{n:032x}") for n in range(TRACES_KEPT))
    assert kept.of(TRACE) == []


def test_a_tree_shows_each_span_below_what_began_it() -> None:
    console = Console(width=100, record=True)
    spans = [span(1), span(2, parent=1), span(3, parent=7)]
    console.print(tree([{name: getattr(each, name) for name in Span.__slots__} for each in spans]))

    shown = console.export_text().splitlines()
    assert [line.index("n") for line in shown[1:4]] == [7, 11, 7]


@pytest.mark.parametrize(
    ("given", "digits"),
    [(ROOT, TRACE), (TRACE.upper(), TRACE), (f"Root={ROOT}", TRACE), ("find-similar", None)],
)
def test_a_trace_is_found_by_either_spelling(given: str, digits: str | None) -> None:
    assert plain(given) == digits
