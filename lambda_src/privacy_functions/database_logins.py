"""PostgreSQL as rotations need it: who gets in, and logins that are members of one owner.

What a service makes after it signed in belongs to the owner, so that whichever login comes next
can change it. A password is never sent, only what PostgreSQL keeps of it: a statement that fails
is written into the log.
"""

from __future__ import annotations

import json
import os
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from kindred.privacy.password_verifier import scram_verifier

_SECONDS = 10.0
_SALT_BYTES = 16
# Of what the administrator made before there was an owner.
_MADE_EARLIER = """
    SELECT format('TABLE %s', oid::regclass) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relowner = current_user::regrole
    UNION ALL
    SELECT format('ROUTINE %s', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proowner = current_user::regrole
"""


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str = field(repr=False)

    @property
    def verifier(self) -> str:
        return scram_verifier(self.password, salt=secrets.token_bytes(_SALT_BYTES))


class LoginInUse(RuntimeError):
    """Who holds the password that is to be replaced would be shut out."""


def read_login(secret: str) -> Login:
    held = json.loads(secret)
    return Login(held["username"], held["password"])


@asynccontextmanager
async def connected(login: Login) -> AsyncIterator[asyncpg.Connection]:
    """To the writer, over TLS. The runtime's authorities know those of RDS, too.

    Source: `/etc/pki/tls/cert.pem` in AWS's own rotation functions.
    """
    connection = await asyncpg.connect(
        os.environ["DATABASE_URL"],
        user=login.username,
        password=login.password,
        ssl=ssl.create_default_context(),
        timeout=_SECONDS,
        server_settings={"lock_timeout": f"{_SECONDS:.0f}s"},
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=_SECONDS)


async def role_of(login: Login) -> str | None:
    """As whom the login acts; None where it is not let in."""
    try:
        async with connected(login) as connection:
            role: str = await connection.fetchval("SELECT current_user")
            return role
    except asyncpg.InvalidAuthorizationSpecificationError:
        return None


async def make_owner(administrator: asyncpg.Connection, owner: str) -> None:
    """The role that all tables belong to, whether it is there already or not."""
    if not await _is_role(administrator, owner):
        await administrator.execute(f"CREATE ROLE {owner} NOLOGIN")
    await administrator.execute(f"GRANT {owner} TO CURRENT_USER")
    await administrator.execute(f"GRANT CREATE ON SCHEMA public TO {owner}")
    for (made,) in await administrator.fetch(_MADE_EARLIER):
        await administrator.execute(f"ALTER {made} OWNER TO {owner}")


async def write_login(administrator: asyncpg.Connection, login: Login, *, owner: str) -> None:
    """The login with this password, acting as the owner from its first statement on."""
    name = login.username
    verb = "ALTER" if await _is_role(administrator, name) else "CREATE"
    await administrator.execute(f"{verb} ROLE {name} LOGIN PASSWORD '{login.verifier}'")
    await administrator.execute(f"GRANT {owner} TO {name}")
    await administrator.execute(f"ALTER ROLE {name} SET role TO {owner}")


async def refuse_used(administrator: asyncpg.Connection, username: str) -> None:
    """Raises LoginInUse while a task from before the last rotation is connected."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1"
    if sessions := await administrator.fetchval(query, username):
        raise LoginInUse(
            f"{sessions} sessions of {username} are open: start tasks anew that began before the "
            "last rotation, and rotate again"
        )


async def _is_role(administrator: asyncpg.Connection, name: str) -> bool:
    return bool(await administrator.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name))
