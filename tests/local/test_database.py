"""PostgreSQL behind the cluster's endpoint: TLS and the secret's password, or nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from tests.local.local_platform import LocalPlatform

Query = Callable[[asyncpg.Connection], Awaitable[Any]]


def as_master(platform: LocalPlatform, query: Query, **changes: Any) -> Any:
    """What the query answers the cluster's master user, who signs in as the secret says."""
    known = platform.secret("DatabaseSecretArn")
    options = {
        "host": known["host"],
        "port": known["port"],
        "user": known["username"],
        "password": known["password"],
        "database": known["dbname"],
        "ssl": ssl.create_default_context(cafile=str(platform.settings.authority_file)),
        **changes,
    }

    async def run() -> Any:
        connection = await asyncpg.connect(**options)
        try:
            return await query(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


async def _privileges(connection: asyncpg.Connection) -> Any:
    return await connection.fetchrow(
        "select current_user as name, rolsuper as super from pg_roles where rolname = current_user"
    )


def test_the_secret_says_where_the_database_is_and_opens_it(platform: LocalPlatform) -> None:
    known = platform.secret("DatabaseSecretArn")

    found = as_master(platform, _privileges)

    assert dict(found) == {"name": known["username"], "super": False}
    assert known["port"] == platform.settings.database_port


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        pytest.param({"ssl": False}, "TLS only", id="without TLS"),
        pytest.param({"password": "wrong"}, "password authentication", id="a wrong password"),
        pytest.param({"user": "operator"}, "password authentication", id="another user"),
        pytest.param({"user": "postgres"}, "password authentication", id="nobody's superuser"),
    ],
)
def test_nobody_else_gets_in(
    platform: LocalPlatform, changes: dict[str, Any], refusal: str
) -> None:
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match=refusal):
        as_master(platform, _privileges, **changes)


def test_its_certificate_is_the_platforms_own(platform: LocalPlatform) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        as_master(platform, _privileges, ssl=ssl.create_default_context())


def test_the_api_names_the_same_server_for_writing_and_reading(platform: LocalPlatform) -> None:
    [cluster] = platform.aws("rds").describe_db_clusters()["DBClusters"]

    assert cluster["Endpoint"] == cluster["ReaderEndpoint"] == "127.0.0.1"
    assert cluster["Port"] == platform.settings.database_port
