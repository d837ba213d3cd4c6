"""What a route may ask for."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from experiments_service.collaborators import ExperimentCollaborators


def get_collaborators(request: Request) -> ExperimentCollaborators:
    return cast(ExperimentCollaborators, request.app.state.collaborators)


CollaboratorsDep = Annotated[ExperimentCollaborators, Depends(get_collaborators)]
