"""Appends to the audit log, in the transaction of the change, and reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experiments_service.author import Author
from experiments_service.database.models import AuditHead, AuditRecord
from kindred.experiments.audit_chain import AuditSigner, canonical

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`detail` is what the two documents do not say, such as who asked for an approved change."""

    action: str
    kind: str
    key: str
    before: Document | None
    after: Document | None
    detail: Document | None = None


async def lock_chain(session: AsyncSession) -> AuditHead:
    """One writer at a time from here to the end of the transaction.

    So the chain has one end; and what a change is checked against stands until it is written.
    Rows of definitions are locked before, never after: two writers cannot wait for each other.
    """
    return (await session.scalars(select(AuditHead).with_for_update())).one()


async def append(
    session: AsyncSession, signer: AuditSigner, head: AuditHead, entry: Entry, author: Author
) -> None:
    """`head` is locked."""
    body = canonical(
        {
            "sequence": head.sequence + 1,
            "at": author.at.isoformat(),
            "actor": {"id": author.id, "name": author.name},
            "action": entry.action,
            "kind": entry.kind,
            "key": entry.key,
            "before": entry.before,
            "after": entry.after,
            "detail": entry.detail,
            "correlation_id": author.correlation_id,
            "previous": head.signature,
        }
    )
    head.sequence += 1
    head.signature = signer.sign(body)
    session.add(
        AuditRecord(
            sequence=head.sequence,
            at=author.at,
            actor=author.name,
            action=entry.action,
            kind=entry.kind,
            key=entry.key,
            body=body,
            signature=head.signature,
        )
    )


def shown(record: AuditRecord) -> dict[str, Any]:
    """The record as it was signed, with its signature."""
    body: dict[str, Any] = json.loads(record.body)
    return {**body, "signature": record.signature}
