"""Definitions, changes that wait for approval, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_TEXTS = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    _create_definitions()
    _create_pending_changes()
    _create_audit_log()


def _create_definitions() -> None:
    op.create_table(
        "definitions",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("tags", _TEXTS, nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
    )
    op.create_index(
        "definitions_by_age", "definitions", ["kind", sa.text("created_at DESC"), "key"]
    )
    op.create_index(
        "definitions_due",
        "definitions",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("definitions_by_tag", "definitions", ["tags"], postgresql_using="gin")


def _create_pending_changes() -> None:
    op.create_table(
        "pending_changes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("reasons", _TEXTS, nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("requested_by_id", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", _TIME, nullable=False),
        sa.Column("decided_by_id", sa.Text()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", _TIME),
        sa.Column("comment", sa.Text()),
    )
    op.create_index(
        "pending_changes_by_age", "pending_changes", [sa.text("requested_at DESC"), "id"]
    )


def _create_audit_log() -> None:
    op.create_table(
        "audit_records",
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(64), nullable=False),
    )
    op.create_index("audit_records_by_subject", "audit_records", ["kind", "key", "sequence"])
    op.create_index("audit_records_by_actor", "audit_records", ["actor", "sequence"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "signature": "0" * 64}])
    # The signatures prove a change to whoever looks; this keeps a mistake from being one.
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit records are only ever added'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_records_stay BEFORE UPDATE OR DELETE ON audit_records "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
