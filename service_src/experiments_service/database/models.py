"""The tables: definitions, changes that wait for approval, and the audit log."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, BigInteger, DateTime, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# The values are resources of the management API, in the singular.
Kind = Literal["experiment", "feature_flag", "saved_group", "holdout"]
PendingState = Literal["pending", "approved", "rejected", "stale"]


class Table(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012
        datetime: DateTime(timezone=True),
        # Not JSONB, which sorts keys: a flag's JSON value is served as it was given.
        dict[str, Any]: JSON(),
        str: Text(),
    }


class Definition(Table):
    """An experiment, flag, saved group or holdout, whole in `document`.

    Beside the fields of `kindred.experiments.definitions` the document holds what only people
    read (owner, tags, description) and a flag's scheduled steps. The other columns repeat what
    rows are found by. `version` grows by one with each change.
    """

    __tablename__ = "definitions"

    kind: Mapped[Kind] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    document: Mapped[dict[str, Any]]
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    name: Mapped[str]
    owner: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]

    __table_args__ = (
        Index("definitions_by_age", "kind", text("created_at DESC"), "key"),
        Index("definitions_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("definitions_by_tag", "tags", postgresql_using="gin"),
    )


class PendingChange(Table):
    """A change as it would be written, and the version that it starts from (0 creates)."""

    __tablename__ = "pending_changes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    base_version: Mapped[int]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any]]
    state: Mapped[PendingState] = mapped_column(String(16))
    requested_by_id: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    decided_by_id: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    comment: Mapped[str | None]

    __table_args__ = (Index("pending_changes_by_age", text("requested_at DESC"), "id"),)


class AuditRecord(Table):
    """`body` is the signed text itself; the other columns repeat what records are found by."""

    __tablename__ = "audit_records"

    sequence: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))
    body: Mapped[str]
    signature: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("audit_records_by_subject", "kind", "key", "sequence"),
        Index("audit_records_by_actor", "actor", "sequence"),
    )


class AuditHead(Table):
    """One row. Who appends holds its lock, so that the chain has one end; its sequence is also
    the revision of the definitions."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger())
    signature: Mapped[str] = mapped_column(String(64))
