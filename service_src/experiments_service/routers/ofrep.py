"""The OpenFeature Remote Evaluation Protocol: one flag, or all of them, for a context."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from experiments_service.dependencies import CollaboratorsDep
from experiments_service.entity_tags import matches
from experiments_service.publication.publisher import NothingPublished
from experiments_service.remote_evaluation import (
    InvalidEvaluation,
    evaluate,
    failure,
    parse_attributes,
)
from experiments_service.stickiness import sticky
from kindred.experiments.engine.context import Context

router = APIRouter(prefix="/ofrep/v1/evaluate/flags", tags=["evaluation"])

_STATUS = {
    "FLAG_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "GENERAL": HTTPStatus.INTERNAL_SERVER_ERROR,
}
_CONTEXT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["context"],
                    "properties": {
                        "context": {
                            "type": "object",
                            "required": ["targetingKey"],
                            "properties": {
                                "targetingKey": {"type": "string", "minLength": 1, "maxLength": 256}
                            },
                        }
                    },
                }
            }
        },
    }
}
IfNoneMatch = Annotated[str | None, Header(max_length=1_000)]


@router.post("/{key}", response_class=JSONResponse, openapi_extra=_CONTEXT)
async def evaluate_flag(key: str, request: Request, collaborators: CollaboratorsDep) -> Response:
    try:
        attributes = parse_attributes(await request.body())
        published = collaborators.publisher.published
    except InvalidEvaluation as error:
        return _failed(failure(key, error.code, str(error)), HTTPStatus.BAD_REQUEST)
    except NothingPublished as error:
        return _failed(failure(key, "GENERAL", str(error)))
    async with sticky(collaborators, published, attributes) as unit:
        context = Context(attributes, sticky=unit.documents)
        answer = evaluate(published, key, context, unit.note)
    return _failed(answer) if "errorCode" in answer else JSONResponse(answer)


@router.post("", response_class=JSONResponse, openapi_extra=_CONTEXT)
async def evaluate_flags(
    request: Request, collaborators: CollaboratorsDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Every flag. The tag stands for definitions and context: under it nothing is evaluated.

    A unit that is sticky stays where it is, so that its answer stays too.
    """
    try:
        body = await request.body()
        attributes = parse_attributes(body)
        published = collaborators.publisher.published
    except InvalidEvaluation as error:
        return _failed(failure(None, error.code, str(error)), HTTPStatus.BAD_REQUEST)
    except NothingPublished as error:
        return _failed(failure(None, "GENERAL", str(error)))
    version = published.snapshot.version
    tag = hashlib.sha256(version.encode() + body).hexdigest()[:32]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    if matches(if_none_match, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    async with sticky(collaborators, published, attributes) as unit:
        context = Context(attributes, sticky=unit.documents)
        keys = published.snapshot.flag_keys
        flags = [evaluate(published, key, context, unit.note) for key in keys]
    return JSONResponse({"flags": flags, "metadata": {"version": version}}, headers=headers)


def _failed(answer: dict[str, Any], status: HTTPStatus | None = None) -> JSONResponse:
    return JSONResponse(answer, status_code=status or _STATUS[answer["errorCode"]])
