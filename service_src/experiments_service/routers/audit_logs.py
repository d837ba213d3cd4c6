"""Who changed what, when, from what to what: signed, and chained to what came before."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select

from experiments_service.audit.log import shown
from experiments_service.database.models import AuditRecord, Kind
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.identity.roles import AdminDep
from experiments_service.pages import from_cursor, to_cursor, wrong_cursor
from experiments_service.wire import KEY, Cursor, Moment, Text

router = APIRouter(prefix="/api/v1/audit-logs", tags=["audit"])


class AuditRecordOut(BaseModel):
    """As it was signed: HMAC-SHA256 over everything but `signature`, in canonical JSON."""

    sequence: int
    at: str
    actor: dict[str, str]
    action: str
    kind: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    detail: dict[str, Any] | None
    correlation_id: str
    previous: Annotated[str, Field(description="The signature of the record before.")]
    signature: str


class AuditPageOut(BaseModel):
    records: list[AuditRecordOut]
    next_cursor: str | None


@router.get("")
async def read_audit_log(
    _: AdminDep,
    collaborators: CollaboratorsDep,
    kind: Kind | None = None,
    key: Annotated[str | None, Query(pattern=KEY)] = None,
    actor: Text = None,
    action: Text = None,
    since: Moment | None = None,
    until: Moment | None = None,
    order: Literal["newest", "oldest"] = "newest",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Cursor = None,
) -> AuditPageOut:
    """From the reader. Without filters and oldest first it is what `kindred audit verify` reads."""
    query = select(AuditRecord)
    for column, wanted in (
        (AuditRecord.kind, kind),
        (AuditRecord.key, key),
        (AuditRecord.actor, actor),
        (AuditRecord.action, action),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(AuditRecord.at >= since)
    if until is not None:
        query = query.where(AuditRecord.at < until)
    number = AuditRecord.sequence
    if cursor is not None:
        last = _sequence(cursor)
        query = query.where(number > last if order == "oldest" else number < last)
    query = query.order_by(number.asc() if order == "oldest" else number.desc())
    async with collaborators.reader() as session:
        rows = (await session.scalars(query.limit(limit + 1))).all()
    return AuditPageOut(
        records=[AuditRecordOut.model_validate(shown(row)) for row in rows[:limit]],
        next_cursor=to_cursor(str(rows[limit - 1].sequence)) if len(rows) > limit else None,
    )


def _sequence(cursor: str) -> int:
    [number] = from_cursor(cursor, 1)
    if not number.isdecimal() or len(number) > 18:
        raise wrong_cursor(cursor)
    return int(number)
