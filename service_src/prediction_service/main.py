"""Application factory."""

from __future__ import annotations

from fastapi import FastAPI

from kindred_service.application import Collaborators, create_base_app
from prediction_service.routers import predictions


def create_app(collaborators: Collaborators) -> FastAPI:
    app = create_base_app("Kindred prediction", collaborators)
    app.include_router(predictions.router)
    return app
