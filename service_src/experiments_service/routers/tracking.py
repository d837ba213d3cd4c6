"""Assigns units and takes what became of them, onto the event stream."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Raw
from pydantic import BaseModel

from experiments_service.assignment import (
    AssignIn,
    AssignOut,
    ExposureOut,
    assign,
    attributes_of,
    exposure_of,
    shown,
)
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.publication.current import PublishedDep
from experiments_service.stickiness import sticky
from experiments_service.tracking import Batch, put_documents, put_events, read_batch
from experiments_service.tracking_schema import BATCH_BODY, EVENT_BODY
from kindred.experiments.engine.context import Context
from kindred.problem_details import Refusal

router = APIRouter(prefix="/api/v1/tracking", tags=["tracking"])


class FateOut(BaseModel):
    """`retry` alone is worth sending again, under the same `event_id`."""

    status: Literal["accepted", "rejected", "retry"]
    event_id: str | None = None
    reason: str | None = None


class BatchOut(BaseModel):
    """`results` are in the order of the events."""

    accepted: int
    rejected: int
    retry: int
    results: list[FateOut]


@router.post("/assign")
async def assign_unit(
    given: AssignIn, collaborators: CollaboratorsDep, published: PublishedDep
) -> AssignOut:
    """A lost stream does not take the assignment with it: the exposure is then to be tracked."""
    experiment = published.experiments.get(given.experiment_key)
    if experiment is None:
        raise _no_experiment(given.experiment_key)
    attributes = attributes_of(experiment, given)
    async with sticky(collaborators, published, attributes) as unit:
        context = Context(attributes, url=given.url, sticky=unit.documents)
        result = assign(published, experiment, context)
        unit.note(result.sticky_document if result else None)
    exposure = None
    # A variation that the page's query string forces is somebody's look at it, and no exposure.
    if result is not None and result.hash_used:
        event = exposure_of(experiment, given, result, now=datetime.now(UTC))
        refused = await put_events([event], published.intakes, collaborators)
        status: Literal["accepted", "retry"] = "retry" if refused else "accepted"
        exposure = ExposureOut(event_id=event.event_id, status=status)
    variation, value = shown(experiment, result)
    return AssignOut(
        experiment_key=experiment.key,
        unit_id=given.unit_id,
        variation=variation,
        value=value,
        in_experiment=result is not None,
        exposure=exposure,
    )


@router.post(
    "/track", status_code=HTTPStatus.ACCEPTED, response_model=FateOut, openapi_extra=EVENT_BODY
)
async def track_event(
    request: Request, collaborators: CollaboratorsDep, published: PublishedDep
) -> Response:
    """Accepted means on the stream, where it is kept for days; 503 means send it again."""
    document = Raw(await request.body())
    [fate] = await put_documents([document], published.intakes, collaborators)
    if fate.status == "retry":
        raise _stream_down()
    if fate.status == "rejected":
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, fate.reason or "", slug="event-rejected")
    return _json(fate, HTTPStatus.ACCEPTED)


@router.post(
    "/batch",
    status_code=HTTPStatus.ACCEPTED,
    response_model=BatchOut,
    responses={207: {"model": BatchOut, "description": "Some events were not accepted"}},
    openapi_extra=BATCH_BODY,
)
async def track_batch(
    request: Request, collaborators: CollaboratorsDep, published: PublishedDep
) -> Response:
    """Each of 1 to 500 events has its own result; 503 means that none of them was taken."""
    batch = _batch(await request.body())
    fates = await put_documents(batch.events, published.intakes, collaborators)
    counts = {
        status: sum(fate.status == status for fate in fates)
        for status in ("accepted", "rejected", "retry")
    }
    if counts["retry"] and not counts["accepted"]:
        raise _stream_down()
    all_accepted = counts["accepted"] == len(fates)
    status = HTTPStatus.ACCEPTED if all_accepted else HTTPStatus.MULTI_STATUS
    return _json({**counts, "results": fates}, status)


def _batch(body: bytes) -> Batch:
    try:
        return read_batch(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"body: {error}", slug="invalid-request"
        ) from error


def _json(content: object, status: HTTPStatus) -> Response:
    body = msgspec.json.encode(content)
    return Response(body, status_code=status, media_type="application/json")


def _no_experiment(key: str) -> Refusal:
    return Refusal(
        HTTPStatus.NOT_FOUND,
        f"experiment_key: given {key!r}, which no experiment has",
        slug="experiment-not-found",
    )


def _stream_down() -> Refusal:
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "events cannot be taken right now; send these again, under the same ids",
        slug="event-stream-unavailable",
        headers={"Retry-After": "5"},
    )
