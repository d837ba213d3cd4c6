"""What a route may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

if TYPE_CHECKING:
    from kindred_service.application import Collaborators


def get_collaborators(request: Request) -> Collaborators:
    return cast("Collaborators", request.app.state.collaborators)


CollaboratorsDep = Annotated["Collaborators", Depends(get_collaborators)]
