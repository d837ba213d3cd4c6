"""Application factory."""

from __future__ import annotations

from fastapi import FastAPI

from kindred_service.application import Collaborators, create_base_app
from similarity_service.routers import apps, neighbors, outcomes


def create_app(collaborators: Collaborators) -> FastAPI:
    app = create_base_app("Kindred similarity", collaborators)
    for resource in (neighbors, apps, outcomes):
        app.include_router(resource.router)
    return app
