"""One piece of work in a trace, whoever told of it and in which format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Exported
from opentelemetry.proto.trace.v1.trace_pb2 import Status


class InvalidSpan(ValueError):
    """What was sent is in no format that X-Ray or a collector takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Ids are hexadecimal; times are seconds since the epoch."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    started: float
    ended: float
    failed: bool
    attributes: dict[str, Any]


def read_export(body: bytes) -> Iterator[Span]:
    """From a request of OTLP over HTTP, in protobuf. Raises InvalidSpan."""
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except Exception as error:
        raise InvalidSpan(f"given no export of spans: {error}") from error
    for of_resource in request.resource_spans:
        resource = {each.key: _value(each.value) for each in of_resource.resource.attributes}
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield _exported(span, str(resource.get("service.name", "")))


def read_segment(document: str) -> Iterator[Span]:
    """From a segment or subsegment of X-Ray, with those within it. Raises InvalidSpan."""
    try:
        given = json.loads(document)
        trace_id = str(given["trace_id"]).removeprefix("1-").replace("-", "")
        yield from _segments(given, trace_id, given.get("parent_id"))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidSpan(f"given no segment: {error!r}") from error


def _segments(given: dict[str, Any], trace_id: str, parent: str | None) -> Iterator[Span]:
    service = given["name"]
    yield Span(
        trace_id=trace_id,
        span_id=given["id"],
        parent_id=parent,
        service=service,
        name=_name(given),
        started=float(given["start_time"]),
        ended=float(given.get("end_time", given["start_time"])),
        failed=bool(given.get("error") or given.get("fault")),
        attributes={**given.get("annotations", {}), **given.get("http", {}).get("response", {})},
    )
    for within in given.get("subsegments", ()):
        yield from _segments(within, trace_id, given["id"])


def _name(given: dict[str, Any]) -> str:
    if operation := given.get("aws", {}).get("operation"):
        return f"{given['name']} {operation}"
    if request := given.get("http", {}).get("request"):
        return f"{request['method']} {request['url']}"
    return str(given["name"])


def _exported(span: Exported, service: str) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        service=service,
        name=span.name,
        started=span.start_time_unix_nano / 1e9,
        ended=span.end_time_unix_nano / 1e9,
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes={each.key: _value(each.value) for each in span.attributes},
    )


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind and not kind.endswith("list_value") else None
