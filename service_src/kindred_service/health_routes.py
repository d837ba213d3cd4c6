"""Whether the process lives, whether it can serve, and its metrics."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from kindred_service.dependencies import CollaboratorsDep

router = APIRouter(tags=["health"])


class LivenessOut(BaseModel):
    status: Literal["alive"] = "alive"


class ReadinessOut(BaseModel):
    """`degraded` still serves: without Valkey arms come from the hash alone."""

    status: Literal["ready", "degraded", "not ready"]
    models: dict[str, str]
    experiment: Literal["read", "never read"]
    valkey: Literal["reachable", "unreachable"]
    catalogue_apps: int
    catalogue_generated: bool


@router.get("/healthz")
async def read_liveness() -> LivenessOut:
    return LivenessOut()


@router.get("/readyz", responses={503: {"model": ReadinessOut}})
async def read_readiness(collaborators: CollaboratorsDep, response: Response) -> ReadinessOut:
    """503 until the experiment was read once. A lost Valkey degrades every task alike, so that
    taking them out of service for it would turn a slower answer into none."""
    read = collaborators.arms.read_at is not None
    reachable = await collaborators.cache.is_reachable()
    response.status_code = 200 if read else 503
    models = collaborators.resolver.models
    catalogue = collaborators.resolver.catalogue
    return ReadinessOut(
        status=("ready" if reachable else "degraded") if read else "not ready",
        models={arm: model.version for arm, model in models.items()},
        experiment="read" if read else "never read",
        valkey="reachable" if reachable else "unreachable",
        catalogue_apps=len(catalogue),
        catalogue_generated=catalogue.generated,
    )


@router.get("/metrics", response_class=Response, include_in_schema=False)
async def read_metrics(collaborators: CollaboratorsDep) -> Response:
    return Response(collaborators.metrics.prometheus_text(), media_type="text/plain; version=0.0.4")
