"""Changes that wait for a second person."""

from __future__ import annotations

import uuid
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select, tuple_

from experiments_service.answers import ApprovalOut, approval_out
from experiments_service.approvals import approval_not_found, decide
from experiments_service.author import DeciderDep
from experiments_service.database.models import PendingChange, PendingState
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.identity.roles import ViewerDep
from experiments_service.pages import from_cursor, moment_of, to_cursor, wrong_cursor
from experiments_service.wire import Cursor, Limit, WireIn, Words

router = APIRouter(prefix="/api/v1/approvals", tags=["approvals"])


class DecisionIn(WireIn):
    comment: Words | None = None


class ApprovalPageOut(BaseModel):
    approvals: list[ApprovalOut]
    next_cursor: str | None


@router.get("")
async def read_approvals(
    _: ViewerDep,
    collaborators: CollaboratorsDep,
    state: PendingState | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> ApprovalPageOut:
    """Newest first, from the reader, which may lag behind a change by moments."""
    query = select(PendingChange).order_by(
        PendingChange.requested_at.desc(), PendingChange.id.desc()
    )
    if state is not None:
        query = query.where(PendingChange.state == state)
    if cursor is not None:
        query = query.where(tuple_(PendingChange.requested_at, PendingChange.id) < _place(cursor))
    async with collaborators.reader() as session:
        rows = (await session.scalars(query.limit(limit + 1))).all()
    page, following = rows[:limit], None
    if len(rows) > limit:
        following = to_cursor(page[-1].requested_at.isoformat(), str(page[-1].id))
    return ApprovalPageOut(approvals=[approval_out(row) for row in page], next_cursor=following)


@router.get("/{approval_id}")
async def read_approval(
    approval_id: uuid.UUID, _: ViewerDep, collaborators: CollaboratorsDep
) -> ApprovalOut:
    async with collaborators.sessions() as session:
        pending = await session.get(PendingChange, approval_id)
    if pending is None:
        raise approval_not_found()
    return approval_out(pending)


@router.post("/{approval_id}/approve")
async def approve_change(
    approval_id: uuid.UUID,
    given: DecisionIn,
    author: DeciderDep,
    collaborators: CollaboratorsDep,
) -> ApprovalOut:
    """Writes the change as it was asked for; 403 for one's own, 409 where the version moved."""
    return approval_out(
        await decide(collaborators, approval_id, "approve", author, comment=given.comment)
    )


@router.post("/{approval_id}/reject")
async def reject_change(
    approval_id: uuid.UUID,
    given: DecisionIn,
    author: DeciderDep,
    collaborators: CollaboratorsDep,
) -> ApprovalOut:
    """One's own too: that is taking it back."""
    return approval_out(
        await decide(collaborators, approval_id, "reject", author, comment=given.comment)
    )


def _place(cursor: str) -> tuple[datetime, uuid.UUID]:
    requested_at, key = from_cursor(cursor, 2)
    try:
        return moment_of(requested_at, cursor), uuid.UUID(key)
    except ValueError as error:
        raise wrong_cursor(cursor) from error
