"""Problem details (RFC 9457): what was given, what is allowed, never a stack trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

_TYPES = "urn:kindred:problem:"
_SHOWN_CHARACTERS = 100


class FieldProblem(BaseModel):
    """`pointer` is a JSON pointer into the body, or the name of a query parameter."""

    pointer: str
    detail: str
    given: str | None = None
    allowed: list[str] | None = None


class Problem(BaseModel):
    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[FieldProblem] | None = None


class Refusal(Exception):
    """A request that cannot be answered as it stands."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        slug: str | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.slug = slug
        self.errors = list(errors)
        self.headers = dict(headers or {})


def invalid_field(
    pointer: str, detail: str, *, given: object = None, allowed: Sequence[str] | None = None
) -> Refusal:
    error = FieldProblem(
        pointer=pointer,
        detail=detail,
        given=None if given is None else shown(given),
        allowed=None if allowed is None else list(allowed),
    )
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{pointer}: {detail}",
        slug="invalid-request",
        errors=[error],
    )


def shown(value: object) -> str:
    """A value as it may be repeated to its sender: short and printable."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}… ({len(text)})"


def respond(refusal: Refusal, *, instance: str | None) -> JSONResponse:
    """`instance` is the correlation id, by which the request is found in the logs."""
    problem = Problem(
        type="about:blank" if refusal.slug is None else _TYPES + refusal.slug,
        title=refusal.status.phrase,
        status=refusal.status,
        detail=refusal.detail,
        instance=instance,
        errors=refusal.errors or None,
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        status_code=refusal.status,
        headers=refusal.headers,
        media_type="application/problem+json",
    )


def internal_error(instance: str) -> JSONResponse:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return respond(Refusal(status, "the request failed here; it was logged"), instance=instance)


def from_validation(error: RequestValidationError) -> Refusal:
    found: dict[str, FieldProblem] = {}
    for entry in error.errors()[:50]:
        problem = _field_problem(entry, error.body)
        known = found.setdefault(problem.pointer, problem)
        # One value may fail each alternative that its field allows.
        if problem.detail not in known.detail:
            known.detail += f", or: {problem.detail}"
    errors = list(found.values())[:20]
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "; ".join(f"{e.pointer}: {e.detail}" for e in errors[:5]),
        slug="invalid-request",
        errors=errors,
    )


def from_http(error: HTTPException) -> Refusal:
    return Refusal(HTTPStatus(error.status_code), str(error.detail), headers=error.headers)


def _field_problem(entry: Mapping[str, Any], body: Any) -> FieldProblem:
    where, *path = entry["loc"]
    pointer = _pointer(path, body) if where == "body" else ".".join(map(str, path))
    given = entry.get("input")
    return FieldProblem(
        pointer=pointer,
        # What a validator of ours says needs no word of the library's before it.
        detail=entry["msg"].removeprefix("Value error, "),
        given=None if isinstance(given, dict | list) else shown(given),
    )


def _pointer(path: Sequence[str | int], body: Any) -> str:
    """The part of a location that leads through the body; the rest names our own types."""
    parts: list[str] = []
    for at, part in enumerate(path):
        inside = isinstance(body, dict) and part in body
        inside |= isinstance(body, list) and isinstance(part, int) and part < len(body)
        missing = isinstance(body, dict) and at == len(path) - 1
        if inside or missing:
            parts.append(str(part).replace("~", "~0").replace("/", "~1"))
        if inside:
            body = body[part]
    return "/" + "/".join(parts)
