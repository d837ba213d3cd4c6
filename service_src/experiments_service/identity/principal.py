"""Who asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal["viewer", "experimenter", "approver", "admin"]
# Each may do what those before it may.
ROLES: tuple[Role, ...] = ("viewer", "experimenter", "approver", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """`id` never changes and tells two people apart; `name` is for people to read."""

    id: str
    name: str
    role: Role | None = None
    expires_at: float = 0.0

    def may(self, role: Role) -> bool:
        return self.role is not None and ROLES.index(self.role) >= ROLES.index(role)


def highest_role(groups: Iterable[object]) -> Role | None:
    """Of the groups that are roles; None where none is."""
    held = set(groups)
    return next((role for role in reversed(ROLES) if role in held), None)
