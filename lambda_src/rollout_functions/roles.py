"""Who asks, by the claims of the Cognito token that API Gateway has checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from kindred.problem_details import Refusal

Role = Literal["viewer", "experimenter", "approver", "admin"]
# Each may do what those before it may.
ROLES: tuple[Role, ...] = ("viewer", "experimenter", "approver", "admin")
# A list reaches a function as text: `a,b` from a REST API, `[a b]` from an HTTP API.
_BETWEEN_GROUPS = re.compile(r"[\s,\[\]\"']+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    name: str
    role: Role | None


def principal_of(event: Mapping[str, Any]) -> Principal:
    """Raises Refusal when no authorizer has let the request through."""
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = authorizer.get("claims") or {}
    name = claims.get("email") or claims.get("cognito:username") or claims.get("sub")
    if not name:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "no bearer token; this needs one of a user of this platform",
            slug="unauthorized",
            headers={"WWW-Authenticate": 'Bearer realm="kindred"'},
        )
    return Principal(name=str(name), role=_highest_role(claims.get("cognito:groups")))


def require(principal: Principal, role: Role) -> None:
    """Raises Refusal for somebody whose role is below it."""
    held = principal.role
    if held is None or ROLES.index(held) < ROLES.index(role):
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            f"role: given {held or 'none'}, this needs {role} or above",
            slug="role-required",
        )


def _highest_role(groups: object) -> Role | None:
    names = groups if isinstance(groups, list) else _BETWEEN_GROUPS.split(str(groups or ""))
    return next((role for role in reversed(ROLES) if role in names), None)
