"""What a route may ask for."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from kindred_service.collaborators import Collaborators


def get_collaborators(request: Request) -> Collaborators:
    return cast(Collaborators, request.app.state.collaborators)


CollaboratorsDep = Annotated[Collaborators, Depends(get_collaborators)]
