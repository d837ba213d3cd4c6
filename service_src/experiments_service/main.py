"""Application factory."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from fastapi import FastAPI

from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.database.engine import DATABASE_LOST
from experiments_service.lifespan import running
from experiments_service.routers import (
    approvals,
    audit_logs,
    capabilities,
    experiments,
    feature_flags,
    features,
    health,
    ofrep,
    results,
    saved_groups,
    sessions,
    tracking,
)
from kindred.experiments.lifecycle import InvalidTransition, UnsafeChange
from kindred.problem_details import Refusal
from kindred_service.application import create_observed_app, refusing

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
    for resource in (experiments, feature_flags, saved_groups, approvals, audit_logs):
        app.include_router(resource.router)
    for resource in (sessions, capabilities):
        app.include_router(resource.router)
    _answer_errors(app, collaborators)
    return app


def _answer_errors(app: FastAPI, collaborators: ExperimentCollaborators) -> None:
    def unavailable(error: Exception) -> Refusal:
        collaborators.logger.warning("database unavailable", reason=repr(error)[:500])
        return Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "definitions cannot be read or changed right now; send this again",
            slug="database-unavailable",
            headers={"Retry-After": "5"},
        )

    for refused, slug in (
        (InvalidTransition, "invalid-transition"),
        (UnsafeChange, "unsafe-change"),
    ):
        app.add_exception_handler(refused, refusing(partial(_conflict, slug)))
    for lost in DATABASE_LOST:
        app.add_exception_handler(lost, refusing(unavailable))


def _conflict(slug: str, error: Exception) -> Refusal:
    return Refusal(HTTPStatus.CONFLICT, str(error), slug=slug)
