"""Brings the schema up to this code's, once, however many tasks start together."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from aws_lambda_powertools import Logger
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

# Any number that nothing else in this database locks.
_LOCK = 4_907_227_041
# PostgreSQL's code for a lock that was waited for too long.
_LOCK_NOT_AVAILABLE = "55P03"


async def migrate(engine: AsyncEngine, logger: Logger) -> None:
    """A migration only adds, so that tasks of the version before keep running beside this one.

    A schema that is newer than this code is left as it is: an older task that starts again during
    a deployment must start. Raises TimeoutError where another task holds the lock for long, or
    somebody a table.
    """
    try:
        await _migrate(engine, logger)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise TimeoutError("the schema is locked by another task") from error
        raise


async def _migrate(engine: AsyncEngine, logger: Logger) -> None:
    async with engine.connect() as connection:
        # Of the connection and not of a transaction: it holds over whatever a migration commits,
        # and ends with the connection however this ends.
        await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        await connection.commit()
        await connection.run_sync(_upgrade, logger)
        await connection.commit()


def _upgrade(connection: Connection, logger: Logger) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    found = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(config)
    if found is not None and not _is_known(scripts, found):
        logger.warning("left a newer schema as it is", revision=found)
        return
    command.upgrade(config, "head")
    if found != scripts.get_current_head():
        logger.info("schema upgraded", before=found, after=scripts.get_current_head())


def _is_known(scripts: ScriptDirectory, revision: str) -> bool:
    try:
        return scripts.get_revision(revision) is not None
    except CommandError:
        return False
