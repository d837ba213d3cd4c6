"""Whether the process lives, whether it can serve, and its metrics."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from experiments_service.collaborators import Sessions
from experiments_service.dependencies import CollaboratorsDep

router = APIRouter(tags=["health"])

_LONGEST_SECONDS = 2.0
Reachable = Literal["reachable", "unreachable"]


class LivenessOut(BaseModel):
    status: Literal["alive"] = "alive"


class ReadinessOut(BaseModel):
    """`degraded` still evaluates: without database or Valkey the last snapshot is served."""

    status: Literal["ready", "degraded"]
    database: Reachable
    replica: Reachable
    valkey: Reachable
    snapshot_version: str
    snapshot_age_seconds: float
    approvals_required: bool


@router.get("/healthz")
async def read_liveness() -> LivenessOut:
    return LivenessOut()


@router.get("/readyz")
async def read_readiness(collaborators: CollaboratorsDep) -> ReadinessOut:
    """200 whenever a snapshot is held, which is always once the process serves: a lost database
    degrades every task alike, and taking them out of service would end evaluation too."""
    writer, reader, valkey = await asyncio.gather(
        _answers(collaborators.sessions),
        _answers(collaborators.reader),
        collaborators.identity.sessions_reachable(),
    )
    return ReadinessOut(
        status="ready" if writer and reader and valkey else "degraded",
        database=_word(writer),
        replica=_word(reader),
        valkey=_word(valkey),
        snapshot_version=collaborators.publisher.current.version,
        snapshot_age_seconds=round(collaborators.publisher.age_seconds, 3),
        approvals_required=collaborators.settings.approvals_required,
    )


@router.get("/metrics", response_class=Response, include_in_schema=False)
async def read_metrics(collaborators: CollaboratorsDep) -> Response:
    return Response(collaborators.metrics.prometheus_text(), media_type="text/plain; version=0.0.4")


async def _answers(sessions: Sessions) -> bool:
    try:
        async with asyncio.timeout(_LONGEST_SECONDS), sessions() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


def _word(reachable: bool) -> Reachable:
    return "reachable" if reachable else "unreachable"
