"""The session behind the token that asks."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel

from experiments_service.dependencies import CollaboratorsDep
from experiments_service.identity.principal import Role
from experiments_service.identity.roles import Credentials, ViewerDep
from kindred.problem_details import Refusal

router = APIRouter(prefix="/api/v1/session", tags=["session"])


class SessionOut(BaseModel):
    id: str
    name: str
    role: Role | None
    expires_at: float


@router.get("")
async def read_session(principal: ViewerDep) -> SessionOut:
    """Who the token is taken for."""
    return SessionOut.model_validate(principal, from_attributes=True)


@router.delete("", status_code=HTTPStatus.NO_CONTENT)
async def delete_session(
    principal: ViewerDep, credentials: Credentials, collaborators: CollaboratorsDep
) -> Response:
    """Ends it everywhere: no task takes the token again. 503 where that cannot be promised."""
    token = credentials.credentials if credentials else ""
    if not await collaborators.identity.revoke(token, principal):
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "sessions cannot be ended right now; send this again",
            slug="sessions-unavailable",
            headers={"Retry-After": "5"},
        )
    return Response(status_code=HTTPStatus.NO_CONTENT)
