"""API Gateway's mapping of a method's request to its integration's request.

Source: the API Gateway developer guide, "API Gateway API request and response data mapping".
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

PREFIX = "integration.request."


@dataclass(frozen=True, slots=True)
class MappedRequest:
    """Headers (lower case), query and path values that the integration gets."""

    headers: dict[str, str]
    query: dict[str, list[str]]
    path_values: dict[str, str]

    def fill_path(self, path: str) -> str:
        """The integration's path with its `{placeholders}` filled in."""
        for name, value in self.path_values.items():
            for placeholder in ("{" + name + "}", "{" + name + "+}"):
                path = path.replace(placeholder, quote(value, safe="/:@!$&'()*+,;=~"))
        return path


def map_request(integration: Mapping[str, Any], call: Mapping[str, Any]) -> MappedRequest:
    """Everything passes through as in a proxy integration; declared mappings are put over it."""
    mapped = MappedRequest(
        headers={
            name.lower(): value
            for name, value in call["headers"].items()
            if name.lower() not in ("host", "content-length")
        },
        query={name: list(values) for name, values in call["query_params"].items()},
        path_values={},
    )
    for target, source in (integration.get("requestParameters") or {}).items():
        value = _value(source, call)
        kind, _, name = target.removeprefix(PREFIX).partition(".")
        if value is None:
            continue
        if kind == "header":
            mapped.headers[name.lower()] = value
        elif kind == "querystring":
            mapped.query[name] = [value]
        elif kind == "path":
            mapped.path_values[name] = value
    return mapped


def _value(source: str, call: Mapping[str, Any]) -> str | None:
    if source.startswith("'") and source.endswith("'"):
        return source[1:-1]
    scope, _, name = source.partition(".")
    if scope == "context":
        return _context(name, call)
    if scope == "stageVariables":
        return (call["stage"].get("variables") or {}).get(name)
    kind, _, name = name.removeprefix("request.").partition(".")
    if kind in ("header", "multivalueheader"):
        headers = {header.lower(): value for header, value in call["headers"].items()}
        return headers.get(name.lower())
    if kind in ("querystring", "multivaluequerystring"):
        values = call["query_params"].get(name)
        return values[-1] if values else None
    return call["path_params"].get(name) if kind == "path" else None


def _context(name: str, call: Mapping[str, Any]) -> str | None:
    known = {
        "requestId": call["request_id"],
        "extendedRequestId": call["request_id"],
        "apiId": call["api_id"],
        "stage": call["stage_name"],
        "resourcePath": call["resource_path"],
        "requestTimeEpoch": str(int(time.time() * 1000)),
    }
    return known.get(name)
