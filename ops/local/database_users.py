"""Who may enter the database: the master users of the templates' clusters, each its database."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

# What a master user of RDS may do; it is no superuser there either.
RIGHTS = "LOGIN CREATEDB CREATEROLE NOSUPERUSER"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUser:
    """A cluster's master user; `verifier` is what PostgreSQL keeps instead of a password."""

    name: str
    verifier: str
    database: str


def access_rules() -> str:
    """The access file: a password, through the platform's own socket."""
    return "local all all scram-sha-256\n"


async def write_role(connection: asyncpg.Connection, user: DatabaseUser) -> None:
    """The role with its present password, whether it is there already or not."""
    exists = await connection.fetchval("select 1 from pg_roles where rolname = $1", user.name)
    verb = "ALTER" if exists else "CREATE"
    # Statements that define take no parameters.
    await connection.execute(
        f"{verb} ROLE {quoted(user.name)} {RIGHTS} PASSWORD '{_text(user.verifier)}'"
    )


async def create_database(connection: asyncpg.Connection, user: DatabaseUser) -> None:
    """The cluster's first database, owned by its master user, unless it is there."""
    if not user.database:
        return
    query = "select 1 from pg_database where datname = $1"
    if not await connection.fetchval(query, user.database):
        await connection.execute(
            f"CREATE DATABASE {quoted(user.database)} OWNER {quoted(user.name)}"
        )


def quoted(identifier: str) -> str:
    """An identifier that may hold anything."""
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return value.replace("'", "''")
