"""A second person decides on a change that waits."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Literal

from experiments_service.audit.log import lock_chain
from experiments_service.author import Author
from experiments_service.changes import Proposal, Writing, tell
from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.database.models import Definition, PendingChange
from experiments_service.definition_checks import require_valid
from experiments_service.definition_documents import Document, stamped
from kindred.problem_details import Refusal

Decision = Literal["approve", "reject"]


async def decide(
    collaborators: ExperimentCollaborators,
    approval_id: uuid.UUID,
    decision: Decision,
    author: Author,
    *,
    comment: str | None,
) -> PendingChange:
    """Raises Refusal: 403 for one's own approval, 404, 409 where it is decided or stale."""
    async with collaborators.sessions.begin() as session:
        pending = await session.get(PendingChange, approval_id, with_for_update=True)
        if pending is None:
            raise approval_not_found()
        _require_decidable(pending, decision, author)
        identity = (pending.kind, pending.key)
        row = await session.get(Definition, identity, with_for_update=True)
        writing = Writing(session, collaborators, await lock_chain(session), author)
        if row is None:
            # A row that was created while the lock was waited for.
            row = await session.get(Definition, identity)
        pending.decided_by_id, pending.decided_by = author.id, author.name
        pending.decided_at, pending.comment = author.at, comment
        stale = (row.version if row is not None else 0) != pending.base_version
        if decision == "reject" or stale:
            pending.state = "rejected" if decision == "reject" else "stale"
            await writing.record(
                decision if not stale else "find_stale",
                _proposal(pending),
                before=pending.before,
                after=pending.after,
                detail=_detail(pending),
            )
        else:
            await _apply(writing, pending, row)
    if pending.state == "stale":
        raise _stale(pending)
    if pending.state == "approved":
        await collaborators.publisher.changed()
    tell(collaborators, _proposal(pending), author, pending.state)
    return pending


def approval_not_found() -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, "no change has this id", slug="approval-not-found")


async def _apply(writing: Writing, pending: PendingChange, row: Definition | None) -> None:
    after = stamped(pending.kind, pending.before, pending.after, writing.author.at)
    # What it refers to may have changed since it was asked for.
    await require_valid(writing.session, pending.kind, after)
    pending.state = "approved"
    await writing.write(_proposal(pending), row, after, detail=_detail(pending))


def _require_decidable(pending: PendingChange, decision: Decision, author: Author) -> None:
    if pending.state != "pending":
        raise Refusal(
            HTTPStatus.CONFLICT,
            f"the change is {pending.state} already, by {pending.decided_by}",
            slug="already-decided",
        )
    if decision == "approve" and pending.requested_by_id == author.id:
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            f"{pending.requested_by} asked for this change; another approver must approve it",
            slug="own-approval",
        )


def _proposal(pending: PendingChange) -> Proposal:
    after = pending.after
    return Proposal(
        kind=pending.kind, key=pending.key, action=pending.action, change=lambda _: after
    )


def _detail(pending: PendingChange) -> Document:
    return {
        "approval": str(pending.id),
        "requested_by": {"id": pending.requested_by_id, "name": pending.requested_by},
        "requested_at": pending.requested_at.isoformat(),
        "state": pending.state,
        "comment": pending.comment,
    }


def _stale(pending: PendingChange) -> Refusal:
    return Refusal(
        HTTPStatus.CONFLICT,
        f"{pending.key} has changed since version {pending.base_version}, from which this change "
        "starts; ask for it again",
        slug="stale-change",
    )
