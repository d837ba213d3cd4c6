"""The two routes that SageMaker calls: `/ping` and `/invocations`."""

from __future__ import annotations

import os
from http import HTTPStatus

import msgspec
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from embedding_inference.model import Model
from embedding_inference.wire import BODY_BYTES, LINES_BYTES, QueryIn

_JSON = "application/json"
_LINES = "application/jsonlines"
_LINES_TOO = ("application/x-jsonlines", "application/jsonl")


def create_app(model: Model) -> Starlette:
    """Serves a model that is loaded: `/ping` answers 200 from the first request on."""
    # As many at once as there are cores; a file of lines must not keep `/ping` waiting.
    at_once = CapacityLimiter(os.cpu_count() or 1)

    async def ping(_: Request) -> Response:
        return Response()

    async def invocations(request: Request) -> Response:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == _JSON:
            body, answer, answered = await _body(request, BODY_BYTES), answer_one, _JSON
        elif content_type in (_LINES, *_LINES_TOO):
            body, answer, answered = await _body(request, LINES_BYTES), answer_lines, content_type
        else:
            allowed = ", ".join((_JSON, _LINES, *_LINES_TOO))
            raise HTTPException(415, f"given content type {content_type!r}; allowed: {allowed}")
        try:
            content = await to_thread.run_sync(answer, model, body, limiter=at_once)
        except (msgspec.DecodeError, ValueError) as error:
            raise HTTPException(400, str(error)) from error
        return Response(content, media_type=answered)

    return Starlette(
        routes=[
            Route("/ping", ping, methods=["GET"]),
            Route("/invocations", invocations, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _refuse, Exception: _fail},
    )


def answer_one(model: Model, body: bytes) -> bytes:
    """Raises msgspec.DecodeError or ValueError, which say what is wrong."""
    return msgspec.json.encode(model.predict(_QUERY.decode(body)))


def answer_lines(model: Model, body: bytes) -> bytes:
    """An answer a line, in the order of the lines. Raises ValueError, which names the line."""
    answers: list[bytes] = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            answers.append(answer_one(model, line))
        except (msgspec.DecodeError, ValueError) as error:
            raise ValueError(f"line {number}: {error}") from error
    return b"".join(answer + b"\n" for answer in answers)


_QUERY = msgspec.json.Decoder(QueryIn)


async def _body(request: Request, most: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise HTTPException(413, f"the body is over {most} bytes, which is what is allowed")
        parts.append(part)
    return b"".join(parts)


def _refuse(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    return _problem(status, detail)


def _fail(_: Request, __: Exception) -> Response:
    """The cause is in the log, where the server writes it."""
    return _problem(500, "the model failed on this request")


def _problem(status: int, detail: str) -> Response:
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return Response(msgspec.json.encode(document), status, media_type="application/problem+json")
