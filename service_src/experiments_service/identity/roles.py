"""The role that a route asks for."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from experiments_service.dependencies import CollaboratorsDep
from experiments_service.identity.authentication import InvalidToken
from experiments_service.identity.keys import KeysUnavailable
from experiments_service.identity.principal import Principal, Role
from kindred.problem_details import Refusal

# Refused here and not there, so that the answer is problem details with what is needed.
_BEARER = HTTPBearer(auto_error=False, description="A Cognito access or id token.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


class RoleRequired:
    """The dependency behind `require`; `role` is what the route asks for at least."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(
        self, credentials: Credentials, collaborators: CollaboratorsDep
    ) -> Principal:
        if credentials is None:
            raise _unauthorized(f"no bearer token; this needs one with the role {self.role}")
        try:
            principal = await collaborators.identity.authenticate(credentials.credentials)
        except InvalidToken as error:
            raise _unauthorized(f"{error}; this needs the role {self.role}") from error
        except KeysUnavailable as error:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "tokens cannot be checked right now; send this again",
                slug="identity-unavailable",
                headers={"Retry-After": "5"},
            ) from error
        if not principal.may(self.role):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"role: given {principal.role or 'none'}, this needs {self.role} or above",
                slug="role-required",
            )
        return principal


def require(role: Role) -> Any:
    """For `Annotated[Principal, require("viewer")]`: 401 without a valid token, 403 below the
    role, each saying what is needed."""
    return Depends(RoleRequired(role))


def _unauthorized(detail: str) -> Refusal:
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        detail,
        slug="unauthorized",
        headers={"WWW-Authenticate": 'Bearer realm="kindred"'},
    )


ViewerDep = Annotated[Principal, require("viewer")]
ExperimenterDep = Annotated[Principal, require("experimenter")]
ApproverDep = Annotated[Principal, require("approver")]
AdminDep = Annotated[Principal, require("admin")]
