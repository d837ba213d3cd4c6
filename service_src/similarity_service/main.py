"""Application factory."""

from __future__ import annotations

from fastapi import FastAPI

from kindred_service.application import create_base_app
from kindred_service.collaborators import Collaborators
from similarity_service.routers import apps, neighbors, outcomes


def create_app(collaborators: Collaborators) -> FastAPI:
    app = create_base_app("Kindred similarity", collaborators)
    for resource in (neighbors, apps, outcomes):
        app.include_router(resource.router)
    return app
