"""Problem details as services answer them, and what FastAPI refuses as one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from kindred.problem_details import Refusal, problem_document, shown


# What `problem_document` makes, as a service's own document describes it.
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


def respond(refusal: Refusal, *, instance: str | None) -> JSONResponse:
    """`instance` is the correlation id, by which the request is found in the logs."""
    return JSONResponse(
        problem_document(refusal, instance=instance),
        status_code=refusal.status,
        headers=refusal.headers,
        media_type="application/problem+json",
    )


def internal_error(instance: str) -> JSONResponse:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return respond(Refusal(status, "the request failed here; it was logged"), instance=instance)


def from_validation(error: RequestValidationError) -> Refusal:
    found: dict[str, dict[str, str]] = {}
    for entry in error.errors()[:50]:
        problem = _field_problem(entry, error.body)
        known = found.setdefault(problem["pointer"], problem)
        # One value may fail each alternative that its field allows.
        if problem["detail"] not in known["detail"]:
            known["detail"] += f", or: {problem['detail']}"
    errors = list(found.values())[:20]
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors[:5]),
        slug="invalid-request",
        errors=errors,
    )


def from_http(error: HTTPException) -> Refusal:
    return Refusal(HTTPStatus(error.status_code), str(error.detail), headers=error.headers)


def _field_problem(entry: Mapping[str, Any], body: Any) -> dict[str, str]:
    where, *path = entry["loc"]
    problem = {
        "pointer": _pointer(path, body) if where == "body" else ".".join(map(str, path)),
        # What a validator of ours says needs no word of the library's before it.
        "detail": entry["msg"].removeprefix("Value error, "),
    }
    given = entry.get("input")
    return problem if isinstance(given, dict | list) else {**problem, "given": shown(given)}


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
