"""Whether the process lives, whether it can serve, and its metrics."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from experiments_service.collaborators import Sessions
from experiments_service.database.engine import DATABASE_LOST
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.publication.current import record_age

router = APIRouter(tags=["health"])

_LONGEST_SECONDS = 2.0
Reachable = Literal["reachable", "unreachable"]


class LivenessOut(BaseModel):
    status: Literal["alive"] = "alive"


class ReadinessOut(BaseModel):
    """`degraded` still evaluates: without database or Valkey the last snapshot is served.

    `definitions_lost` names what publication could not reach when it last needed it.
    """

    status: Literal["ready", "degraded", "not ready"]
    database: Reachable
    replica: Reachable
    valkey: Reachable
    definitions_revision: int | None
    definitions_age_seconds: float | None
    definitions_lost: list[str]
    approvals_required: bool


@router.get("/healthz")
async def read_liveness() -> LivenessOut:
    return LivenessOut()


@router.get("/readyz", responses={503: {"model": ReadinessOut}})
async def read_readiness(collaborators: CollaboratorsDep, response: Response) -> ReadinessOut:
    """503 until a snapshot is held. A lost database degrades every task alike: taking them out of
    service for it would end evaluation too."""
    writer, reader, valkey = await asyncio.gather(
        _answers(collaborators.sessions),
        _answers(collaborators.reader),
        collaborators.identity.sessions_reachable(),
    )
    state = collaborators.publisher.state
    sound = writer and reader and valkey and state.status == "ready"
    held = state.status != "not ready"
    response.status_code = 200 if held else 503
    return ReadinessOut(
        status=("ready" if sound else "degraded") if held else "not ready",
        database=_word(writer),
        replica=_word(reader),
        valkey=_word(valkey),
        definitions_revision=state.revision,
        definitions_age_seconds=state.age_seconds,
        definitions_lost=list(state.lost),
        approvals_required=collaborators.settings.approvals_required,
    )


@router.get("/metrics", response_class=Response, include_in_schema=False)
async def read_metrics(collaborators: CollaboratorsDep) -> Response:
    record_age(collaborators)
    return Response(collaborators.metrics.prometheus_text(), media_type="text/plain; version=0.0.4")


async def _answers(sessions: Sessions) -> bool:
    try:
        async with asyncio.timeout(_LONGEST_SECONDS), sessions() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, *DATABASE_LOST):
        return False
    return True


def _word(reachable: bool) -> Reachable:
    return "reachable" if reachable else "unreachable"
