"""Application factory."""

from __future__ import annotations

from fastapi import FastAPI

from kindred_service.application import create_base_app
from kindred_service.collaborators import Collaborators
from prediction_service.routers import predictions


def create_app(collaborators: Collaborators) -> FastAPI:
    app = create_base_app("Kindred prediction", collaborators)
    app.include_router(predictions.router)
    return app
