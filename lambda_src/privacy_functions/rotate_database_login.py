"""Moves services from one login of PostgreSQL to the other, whose password is new.

A user of PostgreSQL has one password, and a task holds the one that it read when it started. So
there are two users: the one before keeps its password until the next rotation, which is refused
while anybody is connected with it. The first rotation makes both.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

from privacy_functions.database_logins import (
    Login,
    connected,
    make_owner,
    read_login,
    refuse_used,
    role_of,
    write_login,
)
from privacy_functions.rotation import take_step, with_new_password
from privacy_functions.secret_versions import CURRENT, PENDING, SecretVersions


def handler(event: Mapping[str, Any], _context: object) -> None:
    take_step(event, make=_with_the_other, give=_give, test=_test)


def _with_the_other(held: str) -> str:
    first, second = os.environ["DATABASE_LOGINS"].split(",")
    other = first if json.loads(held)["username"] == second else second
    return with_new_password(held, username=other)


def _give(versions: SecretVersions) -> None:
    new, held = (read_login(versions.read(stage)) for stage in (PENDING, CURRENT))
    answer = versions.client.get_secret_value(
        SecretId=os.environ["ADMINISTRATOR_SECRET_ARN"], VersionStage=CURRENT
    )
    asyncio.run(_write(new, held, read_login(answer["SecretString"])))


async def _write(new: Login, held: Login, administrator: Login) -> None:
    """The login that is held, too: it is not there yet, or a restored database has another."""
    owner = os.environ["DATABASE_OWNER"]
    if await role_of(new):
        return
    async with connected(administrator) as connection, connection.transaction():
        await make_owner(connection, owner)
        await write_login(connection, held, owner=owner)
        await refuse_used(connection, new.username)
        await write_login(connection, new, owner=owner)


def _test(versions: SecretVersions) -> None:
    new, owner = read_login(versions.read(PENDING)), os.environ["DATABASE_OWNER"]
    role = asyncio.run(role_of(new))
    if role != owner:
        raise ValueError(f"{new.username} acts as {role or 'nobody'}, wanted is {owner}")
