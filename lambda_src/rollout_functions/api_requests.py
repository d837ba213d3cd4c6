"""What API Gateway's proxy integration hands over, read and bounded."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.logging import Logger

from kindred.problem_details import Refusal, invalid_field
from kindred.tracing.correlation import HEADER, acceptable
from rollout_functions.api_problems import problem

# The largest body that the fields' own bounds allow, each character escaped, is smaller.
MOST_BYTES = 128 * 1024
_KEY_CHARACTERS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyRequest:
    """`segments` are the path's parts below the collection; header names are in lower case."""

    method: str
    segments: tuple[str, ...]
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    event: Mapping[str, Any]

    def parameters(self, *allowed: str) -> dict[str, str]:
        """Those of the query, each given once. Raises Refusal for one that is not allowed."""
        for name, values in self.query.items():
            if name not in allowed:
                choice = ", ".join(allowed) or "none"
                raise invalid_field(name, f"unknown parameter; allowed: {choice}")
            if len(values) != 1:
                raise invalid_field(name, f"given {len(values)} times, allowed once")
        return {name: values[0] for name, values in self.query.items()}

    @property
    def idempotency_key(self) -> str | None:
        """Raises Refusal."""
        key = self.headers.get("idempotency-key")
        if key is None:
            return None
        if not 1 <= len(key) <= _KEY_CHARACTERS or not key.isascii() or not key.isprintable():
            raise invalid_field(
                "Idempotency-Key",
                f"allowed 1 to {_KEY_CHARACTERS} printable characters of ASCII",
                given=key,
            )
        return key


def respond(
    event: Mapping[str, Any],
    collection: str,
    route: Callable[[ProxyRequest], dict[str, Any]],
) -> dict[str, Any]:
    """What `route` answers, or problem details: always something that API Gateway can send."""
    correlation_id = _correlation_id(event)
    try:
        answered = route(read_request(event, collection))
    except Refusal as refusal:
        answered = problem(refusal, instance=correlation_id)
    except Exception:
        logger().exception("request failed", correlation_id=correlation_id)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        failed = Refusal(status, "the request failed here; it was logged")
        answered = problem(failed, instance=correlation_id)
    answered["headers"][HEADER] = correlation_id
    return answered


def _correlation_id(event: Mapping[str, Any]) -> str:
    """The client's own, or the gateway's id of the request."""
    headers = event.get("headers") or {}
    given = next((value for name, value in headers.items() if name.lower() == HEADER), None)
    return acceptable(given) or str((event.get("requestContext") or {}).get("requestId", ""))


def read_request(event: Mapping[str, Any], collection: str) -> ProxyRequest:
    """`collection` is the path's first own part. Raises Refusal."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = values[-1]
    query = event.get("multiValueQueryStringParameters") or {
        name: [value] for name, value in (event.get("queryStringParameters") or {}).items()
    }
    return ProxyRequest(
        method=event["httpMethod"].upper(),
        segments=_segments(event["path"], collection),
        query=query,
        headers=headers,
        body=_body(event),
        event=event,
    )


def no_such_route(request: ProxyRequest, allowed: str = "") -> Refusal:
    """405 with the methods that the path has, 404 for a path that has none."""
    if allowed:
        return Refusal(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"method: given {request.method}, allowed {allowed}",
            headers={"Allow": allowed},
        )
    return Refusal(HTTPStatus.NOT_FOUND, "no such path and method")


@cache
def logger() -> Logger:
    return Logger()


def _segments(path: str, collection: str) -> tuple[str, ...]:
    """A stage, or the base path of a domain of one's own, may stand before the collection."""
    parts = [unquote(part) for part in path.split("/") if part]
    if collection not in parts:
        return ("",)
    return tuple(parts[parts.index(collection) + 1 :])


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else None
    except (binascii.Error, ValueError) as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"body: not base64: {error}") from error
    # A lone surrogate has no bytes: what reads the JSON refuses the mark in its place.
    found = text.encode(errors="replace") if body is None else body
    if len(found) > MOST_BYTES:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"body: given {len(found)} bytes, allowed {MOST_BYTES}",
        )
    return found
