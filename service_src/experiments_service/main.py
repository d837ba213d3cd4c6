"""Application factory."""

from __future__ import annotations

from fastapi import FastAPI

from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.lifespan import running
from experiments_service.routers import features, health, ofrep, results, tracking
from kindred_service.application import create_observed_app

# A batch of 500 tracking events is the largest body; their ids and segments are bounded.
_BODY_BYTES = 1024 * 1024


def create_app(collaborators: ExperimentCollaborators) -> FastAPI:
    app = create_observed_app(
        "Kindred experiments",
        metrics=collaborators.metrics,
        logger=collaborators.logger,
        lifespan=running(collaborators),
        body_bytes=_BODY_BYTES,
    )
    app.state.collaborators = collaborators
    for resource in (health, ofrep, features, tracking, results):
        app.include_router(resource.router)
    return app
