"""Connections to the writer and to the reader, over TLS always."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from experiments_service.collaborators import Sessions
from experiments_service.settings import DatabaseSettings

# By any of these a lost database shows, whether it refuses, vanishes or does not answer.
DATABASE_LOST = (OperationalError, InterfaceError, PoolTimeout, OSError, TimeoutError)
# PostgreSQL's codes for who is not let in.
_REFUSED = ("28000", "28P01")
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 15
_MIGRATION_WAITS = "10s"
# A task that vanishes within a change must not hold the audit log's lock until TCP gives it up.
_IDLE_IN_TRANSACTION = "30s"
# A connection from before a failover, or before a password changed, does not live on for long.
_RECYCLE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Database:
    writer: AsyncEngine
    reader: AsyncEngine

    @property
    def sessions(self) -> Sessions:
        return async_sessionmaker(self.writer, expire_on_commit=False)

    @property
    def reading_sessions(self) -> Sessions:
        return async_sessionmaker(self.reader, expire_on_commit=False)

    async def close(self) -> None:
        await self.writer.dispose()
        await self.reader.dispose()


def open_database(settings: DatabaseSettings, *, tls: ssl.SSLContext | None = None) -> Database:
    """Connects with the first statement. Two pools, also where both URLs name one server, so that
    a long read never takes a write's connection."""
    context = tls or trusted(settings.ca_file)
    return Database(
        writer=_engine(settings.writer, settings, context, read_only=False),
        reader=_engine(settings.reader, settings, context, read_only=True),
    )


def trusted(ca_file: str | None) -> ssl.SSLContext:
    """The system's authorities (SSL_CERT_FILE is honoured) and those of `ca_file`."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


def open_for_migration(
    settings: DatabaseSettings, *, tls: ssl.SSLContext | None = None
) -> AsyncEngine:
    """The writer without a pool, and without a limit to how long a statement may take, only to
    how long it waits: behind one that waits for a table everybody else does."""
    engine = create_async_engine(
        settings.writer,
        poolclass=NullPool,
        connect_args={
            "ssl": tls or trusted(settings.ca_file),
            "timeout": _CONNECT_SECONDS,
            "server_settings": {"lock_timeout": _MIGRATION_WAITS},
        },
    )
    event.listen(engine.sync_engine, "handle_error", _tell_refusals)
    return engine


def _engine(
    url: URL, settings: DatabaseSettings, context: ssl.SSLContext, *, read_only: bool
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_timeout=settings.pool_timeout_seconds,
        pool_pre_ping=True,
        pool_recycle=_RECYCLE_SECONDS,
        # A statement's values may be a definition; the log is not where it belongs.
        hide_parameters=True,
        connect_args={
            "ssl": context,
            "timeout": _CONNECT_SECONDS,
            "command_timeout": _STATEMENT_SECONDS,
            "server_settings": {
                "application_name": "kindred-experiments",
                "default_transaction_read_only": "on" if read_only else "off",
                "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION,
            },
        },
    )
    event.listen(engine.sync_engine, "handle_error", _tell_refusals)
    return engine


def _tell_refusals(context: ExceptionContext) -> None:
    """A login that is not let in is a database that is lost: SQLAlchemy has no name for it.

    It is made by the first rotation of its secret, which may not be done when a task starts.
    """
    refused = context.original_exception
    if getattr(refused, "sqlstate", None) in _REFUSED:
        raise PermissionError(str(refused)) from refused
