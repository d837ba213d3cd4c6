"""Requests and answers of SageMaker's services as they go over the wire, by botocore's models."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.model import Shape, StructureShape

from ops.local.sagemaker.operation import Refusal
from ops.local.sagemaker.shapes import SERVICES, service_model

TARGETS = {"SageMaker": "sagemaker", "AnyScaleFrontendService": "application-autoscaling"}
PATH_SERVICES = ("sagemaker-runtime", "sagemaker-featurestore-runtime")
ERROR_TYPE_HEADER = "x-amzn-errortype"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation with its parameters."""

    service: str
    operation: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


def read_call(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Call:
    """Header names in any case. Raises Refusal."""
    named = {name.lower(): value for name, value in headers.items()}
    target = named.get("x-amz-target")
    if target is None:
        return _read_path(method, url, named, body)
    prefix, _, operation = target.partition(".")
    service = TARGETS.get(prefix)
    if service is None or operation not in service_model(service).operation_names:
        raise Refusal("UnknownOperationException", f"no operation {target}")
    shape = service_model(service).operation_model(operation).input_shape
    return Call(service, operation, _from_json(shape, _parsed(body)) if shape else {})


def write_output(call: Call, output: Mapping[str, Any]) -> Answer:
    """The operation's answer."""
    shape = service_model(call.service).operation_model(call.operation).output_shape
    if shape is None:
        return Answer(200, {"Content-Type": "application/x-amz-json-1.1"}, b"")
    headers = {"Content-Type": "application/json"}
    content: dict[str, Any] = {}
    payload = shape.serialization.get("payload")
    for name, value in output.items():
        member = shape.members[name]
        if member.serialization.get("location") == "header":
            headers[member.serialization["name"]] = str(value)
        elif name != payload:
            content[member.serialization.get("name", name)] = _to_json(member, value)
    body = output.get(payload, b"") if payload else json.dumps(content).encode()
    return Answer(200, headers, body)


def write_refusal(refusal: Refusal) -> Answer:
    content = {"__type": refusal.code, "message": refusal.message, "Message": refusal.message}
    headers = {"Content-Type": "application/x-amz-json-1.1", ERROR_TYPE_HEADER: refusal.code}
    return Answer(refusal.status, headers, json.dumps(content | refusal.members).encode())


@cache
def _routes() -> list[tuple[str, re.Pattern[str], str, str]]:
    """Method, path, service and operation of everything that is told by its path."""
    found = []
    for service in PATH_SERVICES:
        model = service_model(service)
        for operation in model.operation_names:
            http = model.operation_model(operation).http
            path = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(http["requestUri"]))
            found.append((http["method"], re.compile(path), service, operation))
    return found


def _read_path(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Call:
    parts = urlsplit(url)
    for wanted, path, service, operation in _routes():
        match = path.fullmatch(parts.path) if method == wanted else None
        if match:
            shape = service_model(service).operation_model(operation).input_shape
            assert shape is not None
            values = {name: unquote(value) for name, value in match.groupdict().items()}
            parameters = _read_members(shape, values, parse_qs(parts.query), headers, body)
            return Call(service, operation, parameters)
    raise Refusal("UnknownOperationException", f"no operation {method} {parts.path}", 404)


def _read_members(
    shape: StructureShape,
    path: Mapping[str, str],
    query: Mapping[str, list[str]],
    headers: Mapping[str, str],
    body: bytes,
) -> dict[str, Any]:
    payload = shape.serialization.get("payload")
    content = {} if payload else _parsed(body)
    found: dict[str, Any] = {payload: body} if payload else {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri":
                found[name] = path[wire]
            case "header" if wire.lower() in headers:
                found[name] = headers[wire.lower()]
            case "querystring" if wire in query:
                several = member.type_name == "list"
                found[name] = query[wire] if several else query[wire][0]
            case None if name != payload and content.get(wire) is not None:
                found[name] = _from_json(member, content[wire])
    return found


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
        raise Refusal("SerializationException", f"not JSON: {error}") from error


def _from_json(shape: Shape, value: Any) -> Any:
    """Moments and bytes as botocore's users give them; the rest as it is."""
    return _converted(shape, value, {"timestamp": _moment, "blob": base64.b64decode})


def _to_json(shape: Shape, value: Any) -> Any:
    return _converted(shape, value, {"timestamp": _seconds, "blob": _encoded})


def _converted(shape: Any, value: Any, leaves: Mapping[str, Callable[[Any], Any]]) -> Any:
    match shape.type_name, value:
        case "structure", dict():
            return {
                name: _converted(shape.members[name], held, leaves)
                if name in shape.members
                else held
                for name, held in value.items()
                if held is not None
            }
        case "list", list() | tuple():
            return [_converted(shape.member, held, leaves) for held in value]
        case "map", dict():
            return {name: _converted(shape.value, held, leaves) for name, held in value.items()}
        case kind, _ if kind in leaves:
            return leaves[kind](value)
    return value


def _moment(value: Any) -> datetime:
    return datetime.fromtimestamp(float(value), UTC)


def _seconds(value: datetime) -> float:
    return value.timestamp()


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


assert set(PATH_SERVICES) | set(TARGETS.values()) == set(SERVICES)
