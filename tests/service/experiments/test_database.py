"""The schema on a real PostgreSQL."""

import asyncio
import io
import json
import uuid

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from aws_lambda_powertools import Logger
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from experiments_service.database import engine, migration
from experiments_service.database.definitions import load_definitions
from experiments_service.database.engine import open_database, open_for_migration
from experiments_service.database.migration import migrate
from experiments_service.database.models import Table

# Seconds a file.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def empty(postgresql):
    """Settings of a database of this module's own."""
    asyncio.run(_execute(postgresql, "CREATE DATABASE migrated"))
    return postgresql.settings("migrated")


@pytest.fixture
def log():
    return io.StringIO()


@pytest.fixture
def logger(log):
    return Logger(service=f"test-{uuid.uuid4()}", stream=log)


async def _execute(postgresql, statement):
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=postgresql.port,
        user="kindred",
        database="postgres",
        ssl=postgresql.tls(),
    )
    await connection.execute(statement)
    await connection.close()


async def migrated(settings, logger, tasks=1):
    engines = [open_for_migration(settings) for _ in range(tasks)]
    await asyncio.gather(*(migrate(engine, logger) for engine in engines))


def test_tasks_that_start_together_migrate_once(empty, logger, log):
    asyncio.run(migrated(empty, logger, tasks=4))

    lines = [json.loads(line)["message"] for line in log.getvalue().splitlines()]
    assert lines.count("schema upgraded") == 1


def test_a_schema_that_stays_locked_is_a_reason_to_try_again_and_not_to_wait(
    empty, logger, monkeypatch
):
    monkeypatch.setattr(engine, "_MIGRATION_WAITS", "100ms")

    async def scenario():
        async with open_for_migration(empty).connect() as other:
            await other.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": migration._LOCK})
            with pytest.raises(TimeoutError, match="locked by another task"):
                async with asyncio.timeout(5):
                    await migrated(empty, logger)
        await migrated(empty, logger)

    asyncio.run(scenario())


def test_a_task_that_vanishes_within_a_change_does_not_hold_up_the_others(
    empty, logger, monkeypatch
):
    monkeypatch.setattr(engine, "_IDLE_IN_TRANSACTION", "100ms")

    async def scenario():
        await migrated(empty, logger)
        vanished, other = open_database(empty), open_database(empty)
        async with vanished.writer.connect() as idle:
            await idle.execute(text("SELECT * FROM audit_head FOR UPDATE"))
            async with asyncio.timeout(5), other.writer.begin() as connection:
                await connection.execute(text("SELECT * FROM audit_head FOR UPDATE"))
            await idle.invalidate()
        await vanished.close()
        await other.close()

    asyncio.run(scenario())


def test_the_migrations_make_what_the_code_expects(empty, logger):
    async def differences():
        await migrated(empty, logger)
        async with open_for_migration(empty).connect() as connection:
            return await connection.run_sync(
                lambda each: compare_metadata(MigrationContext.configure(each), Table.metadata)
            )

    assert asyncio.run(differences()) == []


def test_a_task_of_an_older_version_starts_on_a_newer_schema(empty, logger, log):
    async def start():
        await migrated(empty, logger)
        engine = open_for_migration(empty)
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await migrated(empty, logger)
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    asyncio.run(start())

    assert "left a newer schema as it is" in log.getvalue()


def test_a_connection_without_tls_is_refused(postgresql):
    with pytest.raises((asyncpg.PostgresError, OSError)):
        asyncio.run(
            asyncpg.connect(
                host="127.0.0.1", port=postgresql.port, user="kindred", ssl=False, timeout=5
            )
        )


def test_a_server_of_an_unknown_authority_is_refused(postgresql, empty):
    async def read():
        database = open_database(postgresql.settings("migrated", ca_file=None))
        async with database.sessions() as session:
            await session.execute(text("SELECT 1"))

    with pytest.raises(OSError, match="certificate verify failed"):
        asyncio.run(read())


def test_the_reader_never_writes(empty, logger):
    async def write():
        await migrated(empty, logger)
        database = open_database(empty)
        try:
            async with database.reading_sessions() as session:
                await session.execute(text("UPDATE audit_head SET sequence = 7"))
        finally:
            await database.close()

    with pytest.raises(DBAPIError, match="read-only"):
        asyncio.run(write())


def test_audit_records_are_neither_changed_nor_removed(empty, logger):
    async def tamper(statement):
        await migrated(empty, logger)
        async with open_for_migration(empty).begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO audit_records VALUES (1, now(), 'a', 'b', 'c', 'd', '{}', 'e') "
                    "ON CONFLICT DO NOTHING"
                )
            )
            await connection.execute(text(statement))

    for statement in ("DELETE FROM audit_records", "UPDATE audit_records SET actor = 'b'"):
        with pytest.raises(DBAPIError, match="only ever added"):
            asyncio.run(tamper(statement))


def test_an_empty_database_defines_nothing(empty, logger):
    async def load():
        await migrated(empty, logger)
        database = open_database(empty)
        try:
            async with database.sessions() as session:
                return await load_definitions(session)
        finally:
            await database.close()

    definitions = asyncio.run(load())

    assert (definitions.revision, definitions.experiments) == (0, ())
