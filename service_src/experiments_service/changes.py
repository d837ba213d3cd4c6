"""The one way by which a definition changes: checked, approved where needed, signed, published."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncSession

from experiments_service.audit.log import Entry, append, lock_chain
from experiments_service.author import Author
from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.database.models import AuditHead, Definition, Kind, PendingChange
from experiments_service.definition_checks import require_room, require_valid
from experiments_service.definition_documents import (
    Document,
    approval_reasons,
    complete,
    due_at,
    stamped,
    status_of,
)
from kindred.problem_details import Refusal

# What people who watch a channel want to know of, beside what waits for one of them.
_TOLD = ("start", "pause", "resume", "complete", "enable", "disable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`change` makes the new document of the present one, which is None where it creates."""

    kind: Kind
    key: str
    action: str
    change: Callable[[Document | None], Document]
    creates: bool = False


async def submit(
    collaborators: ExperimentCollaborators, proposal: Proposal, author: Author
) -> Definition | PendingChange:
    """The definition as it is now, or the change as it waits for approval.

    Raises Refusal: 404, 409, 412 and 422, each saying what is allowed; and what `change` raises.
    """
    started = time.perf_counter()
    async with collaborators.sessions.begin() as session:
        row, head = await _present(session, proposal)
        if row is None:
            await require_room(session, most=collaborators.settings.cache.max_size)
        if row is not None:
            author.require_version(row.version)
        before = row.document if row is not None else None
        after = stamped(
            proposal.kind, before, complete(proposal.kind, proposal.change(before)), author.at
        )
        if row is not None and after == before:
            return row
        head = head or await lock_chain(session)
        await require_valid(session, proposal.kind, after)
        writing = Writing(session, collaborators, head, author)
        if collaborators.settings.approvals_required:
            reasons = approval_reasons(proposal.kind, before, after)
            if reasons:
                pending = await writing.hold(proposal, row, after, reasons)
                what = f"{', '.join(reasons)}; approval {pending.id} waits for another person"
                tell(collaborators, proposal, author, what)
                return pending
        row = await writing.write(proposal, row, after)
    await collaborators.publisher.changed()
    if proposal.action in _TOLD:
        tell(collaborators, proposal, author, "done")
    elapsed_ms = (time.perf_counter() - started) * 1_000
    collaborators.metrics.observe_latency("management_write_latency", elapsed_ms)
    return row


def tell(
    collaborators: ExperimentCollaborators, proposal: Proposal, author: Author, what: str
) -> None:
    collaborators.notices.tell(
        f"{collaborators.settings.environment}: {author.name}, {proposal.action} "
        f"{proposal.kind.replace('_', ' ')} {proposal.key}: {what}"
    )


async def _present(
    session: AsyncSession, proposal: Proposal
) -> tuple[Definition | None, AuditHead | None]:
    """The row, locked. Creating has none to lock, so that there the chain's lock decides."""
    identity = (proposal.kind, proposal.key)
    word = proposal.kind.replace("_", " ")
    if proposal.creates:
        head = await lock_chain(session)
        if await session.get(Definition, identity) is not None:
            raise Refusal(
                HTTPStatus.CONFLICT, f"key: the {word} {proposal.key} exists", slug="key-taken"
            )
        return None, head
    row = await session.get(Definition, identity, with_for_update=True)
    if row is None:
        raise not_found(proposal.kind, proposal.key)
    return row, None


def not_found(kind: Kind, key: str) -> Refusal:
    word = kind.replace("_", " ")
    return Refusal(
        HTTPStatus.NOT_FOUND,
        f"no {word} has the key {key!r}",
        slug=f"{kind.replace('_', '-')}-not-found",
    )


@dataclass(frozen=True, slots=True)
class Writing:
    """One change in its transaction, with the chain locked."""

    session: AsyncSession
    collaborators: ExperimentCollaborators
    head: AuditHead
    author: Author

    async def write(
        self,
        proposal: Proposal,
        row: Definition | None,
        after: Document,
        *,
        detail: Document | None = None,
    ) -> Definition:
        before = row.document if row is not None else None
        if row is None:
            row = Definition(
                kind=proposal.kind,
                key=proposal.key,
                version=0,
                created_at=self.author.at,
                created_by=self.author.name,
            )
            self.session.add(row)
        row.document = dict(after)
        row.version += 1
        row.status = status_of(proposal.kind, after)
        row.name = after.get("name") or proposal.key
        row.owner = after["owner"]
        row.tags = after["tags"]
        row.due_at = due_at(proposal.kind, after)
        row.updated_at = self.author.at
        await self.record(proposal.action, proposal, before=before, after=after, detail=detail)
        return row

    async def hold(
        self,
        proposal: Proposal,
        row: Definition | None,
        after: Document,
        reasons: tuple[str, ...],
    ) -> PendingChange:
        pending = PendingChange(
            id=uuid.uuid4(),
            kind=proposal.kind,
            key=proposal.key,
            action=proposal.action,
            reasons=list(reasons),
            base_version=row.version if row is not None else 0,
            before=row.document if row is not None else None,
            after=dict(after),
            state="pending",
            requested_by_id=self.author.id,
            requested_by=self.author.name,
            requested_at=self.author.at,
        )
        self.session.add(pending)
        detail = {
            "approval": str(pending.id),
            "action": proposal.action,
            "reasons": list(reasons),
        }
        await self.record("request", proposal, before=pending.before, after=after, detail=detail)
        return pending

    async def record(
        self,
        action: str,
        proposal: Proposal,
        *,
        before: Document | None,
        after: Document | None,
        detail: Document | None,
    ) -> None:
        entry = Entry(
            action=action,
            kind=proposal.kind,
            key=proposal.key,
            before=before,
            after=after,
            detail=detail,
        )
        await append(self.session, self.collaborators.audit, self.head, entry, self.author)
