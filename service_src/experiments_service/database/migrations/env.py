"""Runs migrations on the connection that `migrate` hands over."""

from __future__ import annotations

from alembic import context

from experiments_service.database.models import Table

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata
)
with context.begin_transaction():
    context.run_migrations()
