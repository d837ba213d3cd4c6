"""Gives PostgreSQL's administrator a new password, which nobody but rotations signs in with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from privacy_functions.database_logins import Login, connected, read_login, role_of
from privacy_functions.rotation import take_step, with_new_password
from privacy_functions.secret_versions import CURRENT, PENDING, SecretVersions


def handler(event: Mapping[str, Any], _context: object) -> None:
    take_step(event, make=with_new_password, give=_give, test=_test)


def _give(versions: SecretVersions) -> None:
    new, held = (read_login(versions.read(stage)) for stage in (PENDING, CURRENT))
    asyncio.run(_change(new, held))


async def _change(new: Login, held: Login) -> None:
    if await role_of(new):
        return
    async with connected(held) as connection:
        await connection.execute(f"ALTER ROLE CURRENT_USER PASSWORD '{new.verifier}'")


def _test(versions: SecretVersions) -> None:
    new = read_login(versions.read(PENDING))
    if not asyncio.run(role_of(new)):
        raise ValueError(f"{new.username} is not let in with the new password")
