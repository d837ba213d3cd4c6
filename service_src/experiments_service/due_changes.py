"""Carries out what is due: scheduled starts and ends, and the steps of flags."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experiments_service.audit.log import lock_chain
from experiments_service.author import Author
from experiments_service.changes import Proposal, Writing, tell
from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.database.models import Definition
from experiments_service.definition_documents import (
    Document,
    complete,
    stamped,
    step_documents,
    steps_of,
)
from experiments_service.documents import document_of, flag_of
from kindred.experiments.definitions import ExperimentStatus
from kindred.experiments.lifecycle import Action
from kindred.experiments.lifecycle import after as status_after
from kindred.experiments.schedule import apply

EVERY_SECONDS = 5.0


async def follow_schedule(collaborators: ExperimentCollaborators) -> None:
    """Until cancelled. Every task does this; each change is carried out by one of them."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        failed: set[str] = set()
        try:
            while await carry_out_one(collaborators, datetime.now(UTC), failed):
                pass
        except Exception:
            collaborators.logger.exception("what is due could not be read")


async def carry_out_one(
    collaborators: ExperimentCollaborators, now: datetime, failed: set[str]
) -> bool:
    """One change that is due at `now`; False where none is that no other task holds.

    What fails is left for the next round, and its key added to `failed`, so that it does not
    stand in the way of others.
    """
    due = (
        select(Definition)
        .where(Definition.due_at <= now, Definition.key.not_in(failed))
        .order_by(Definition.due_at)
        .limit(1)
        # Until it is not due any more, in one transaction, no other task finds it.
        .with_for_update(skip_locked=True)
    )
    async with collaborators.sessions() as session:
        row = await session.scalar(due)
        if row is None:
            return False
        key = row.key
        try:
            proposal, author = await _carry_out(session, collaborators, row, now)
            await session.commit()
        except Exception:
            failed.add(key)
            collaborators.metrics.count("due_changes_failed")
            collaborators.logger.exception("a due change failed; it is tried again", key=key)
            return True
    collaborators.metrics.count("due_changes_applied")
    collaborators.logger.info("carried out what was due", action=proposal.action, key=key)
    await collaborators.publisher.changed()
    tell(collaborators, proposal, author, "done")
    return True


async def _carry_out(
    session: AsyncSession, collaborators: ExperimentCollaborators, row: Definition, now: datetime
) -> tuple[Proposal, Author]:
    author = Author(
        id="schedule", name="schedule", correlation_id=f"schedule-{uuid.uuid4()}", at=now
    )
    action, after = what_is_due(row)
    detail = {"due_at": row.due_at.isoformat() if row.due_at else None}
    proposal = Proposal(kind=row.kind, key=row.key, action=action, change=lambda _: after)
    writing = Writing(session, collaborators, await lock_chain(session), author)
    document = stamped(row.kind, row.document, complete(row.kind, after), now)
    await writing.write(proposal, row, document, detail=detail)
    return proposal, author


def what_is_due(row: Definition) -> tuple[str, Document]:
    """The action, and the document after it."""
    document = row.document
    if row.kind == "experiment":
        status = ExperimentStatus(document["status"])
        action: Action = "start" if status is ExperimentStatus.SCHEDULED else "complete"
        return action, {**document, "status": status_after(status, action)}
    step, *later = steps_of(document)
    changed = document_of(apply(flag_of(document), step))
    return "step", {**document, **changed, "steps": step_documents(later)}
