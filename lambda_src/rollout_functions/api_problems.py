"""Answers of the API, and problem details (RFC 9457): what was given, what is allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

_TYPES = "urn:kindred:problem:"
_SHOWN_CHARACTERS = 100


class Refusal(Exception):
    """A request that cannot be answered as it stands. `errors` are made by `field_problem`."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        slug: str | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.slug = slug
        self.errors = list(errors)
        self.headers = dict(headers or {})


def field_problem(
    pointer: str, detail: str, *, given: object = None, allowed: Sequence[str] | None = None
) -> dict[str, Any]:
    """`pointer` is a JSON pointer into the body, or the name of a parameter or header."""
    known = {
        "given": None if given is None else shown(given),
        "allowed": None if allowed is None else list(allowed),
    }
    filled = {name: value for name, value in known.items() if value is not None}
    return {"pointer": pointer, "detail": detail, **filled}


def invalid_field(
    pointer: str, detail: str, *, given: object = None, allowed: Sequence[str] | None = None
) -> Refusal:
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{pointer}: {detail}",
        slug="invalid-request",
        errors=[field_problem(pointer, detail, given=given, allowed=allowed)],
    )


def try_again(detail: str, *, slug: str, seconds: int = 1) -> Refusal:
    """The same request may well be answered a little later."""
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE, detail, slug=slug, headers={"Retry-After": str(seconds)}
    )


def shown(value: object) -> str:
    """A value as it may be repeated to its sender: short and printable."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}… ({len(text)})"


def answer(
    status: HTTPStatus, document: Any, *, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """As API Gateway's proxy integration takes it."""
    return _proxied(status, document, "application/json", headers or {})


def problem(refusal: Refusal, *, instance: str) -> dict[str, Any]:
    """`instance` is the request's id, by which it is found in the logs."""
    document: dict[str, Any] = {
        "type": "about:blank" if refusal.slug is None else _TYPES + refusal.slug,
        "title": refusal.status.phrase,
        "status": int(refusal.status),
        "detail": refusal.detail,
        "instance": instance,
    }
    if refusal.errors:
        document["errors"] = refusal.errors
    return _proxied(refusal.status, document, "application/problem+json", refusal.headers)


def _proxied(
    status: HTTPStatus, document: Any, media_type: str, headers: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "statusCode": int(status),
        "headers": {"content-type": media_type, **headers},
        "body": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        "isBase64Encoded": False,
    }
