"""Problem details (RFC 9457): what was given, what is allowed, never a stack trace."""

from __future__ import annotations

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


def shown(value: object) -> str:
    """A value as it may be repeated to its sender: short and printable."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}… ({len(text)})"


def problem_document(refusal: Refusal, *, instance: str | None) -> dict[str, Any]:
    """`instance` is the request's id, by which it is found in the logs."""
    document: dict[str, Any] = {
        "type": "about:blank" if refusal.slug is None else _TYPES + refusal.slug,
        "title": refusal.status.phrase,
        "status": int(refusal.status),
        "detail": refusal.detail,
    }
    if instance is not None:
        document["instance"] = instance
    if refusal.errors:
        document["errors"] = refusal.errors
    return document
