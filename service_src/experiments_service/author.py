"""Who changes something, when, and what they believe it to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request

from experiments_service.identity.principal import Principal
from experiments_service.identity.roles import ApproverDep, ExperimenterDep
from kindred.problem_details import Refusal

_MATCH = Header(
    max_length=200,
    description="The version that the change starts from, as its ETag gave it; 412 if it moved.",
)
IfMatch = Annotated[str | None, _MATCH]


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """`expected` are the ETags of which one must be the definition's; None takes any."""

    id: str
    name: str
    correlation_id: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    expected: frozenset[str] | None = None

    def require_version(self, version: int) -> None:
        """Raises Refusal (412) where somebody else was faster."""
        if self.expected is not None and f'"{version}"' not in self.expected:
            raise Refusal(
                HTTPStatus.PRECONDITION_FAILED,
                f'If-Match: given {", ".join(sorted(self.expected))}, it is at "{version}" by now; '
                "read it again",
                slug="version-moved",
                headers={"ETag": f'"{version}"'},
            )


def _author(principal: Principal, request: Request, if_match: str | None) -> Author:
    tags = {tag.strip() for tag in (if_match or "*").split(",")}
    return Author(
        id=principal.id,
        name=principal.name,
        correlation_id=request.scope["correlation_id"],
        expected=None if "*" in tags else frozenset(tags),
    )


def _changing(principal: ExperimenterDep, request: Request, if_match: IfMatch = None) -> Author:
    return _author(principal, request, if_match)


def _deciding(principal: ApproverDep, request: Request) -> Author:
    return _author(principal, request, None)


AuthorDep = Annotated[Author, Depends(_changing)]
DeciderDep = Annotated[Author, Depends(_deciding)]
