"""Pages of what is kept, newest first, each followed by a cursor."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from experiments_service.database.models import Definition, Kind
from experiments_service.wire import within_reach
from kindred.problem_details import Refusal, invalid_field


async def definitions_page(
    session: AsyncSession,
    kind: Kind,
    *,
    limit: int,
    cursor: str | None,
    status: str | None = None,
    owner: str | None = None,
    tag: str | None = None,
    search: str | None = None,
) -> tuple[Sequence[Definition], str | None]:
    """`search` is part of a key or a name, in any case. Raises Refusal for a cursor that no
    earlier page gave."""
    query = select(Definition).where(Definition.kind == kind)
    if status is not None:
        query = query.where(Definition.status == status)
    if owner is not None:
        query = query.where(Definition.owner == owner)
    if tag is not None:
        query = query.where(Definition.tags.contains([tag]))
    if search:
        query = query.where(
            or_(
                Definition.key.icontains(search, autoescape=True),
                Definition.name.icontains(search, autoescape=True),
            )
        )
    rows = (await session.scalars(_after(query, cursor).limit(limit + 1))).all()
    page = rows[:limit]
    more = len(rows) > limit
    return page, to_cursor(page[-1].created_at.isoformat(), page[-1].key) if more else None


def _after(query: Select[Definition], cursor: str | None) -> Select[Definition]:
    if cursor is not None:
        created_at, key = from_cursor(cursor, 2)
        place = tuple_(Definition.created_at, Definition.key)
        query = query.where(place < (moment_of(created_at, cursor), key))
    return query.order_by(Definition.created_at.desc(), Definition.key.desc())


def to_cursor(*place: str) -> str:
    text = json.dumps(place, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def from_cursor(cursor: str, parts: int) -> list[str]:
    """Raises Refusal for a cursor that no earlier page gave."""
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        place = None
    whole = isinstance(place, list) and len(place) == parts
    if not whole or not all(isinstance(part, str) and "\0" not in part for part in place):
        raise wrong_cursor(cursor)
    return list(place)


def wrong_cursor(cursor: str) -> Refusal:
    return invalid_field("cursor", "not a cursor that an earlier page gave", given=cursor)


def moment_of(text: str, cursor: str) -> datetime:
    """Raises Refusal for what no earlier page gave."""
    try:
        return within_reach(datetime.fromisoformat(text)).astimezone(UTC)
    except ValueError as error:
        raise wrong_cursor(cursor) from error
