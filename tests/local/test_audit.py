"""`kindred audit verify` against the running platform, before and after somebody tampers."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from typing import Any

import asyncpg
import pytest

from ops.local.operator_credentials import operator_environment
from tests.local.local_platform import KINDRED, LONGEST_SECONDS, LocalPlatform
from tests.local.management import person
from tests.local.test_database import as_master


def verify(platform: LocalPlatform) -> tuple[int, dict[str, Any], str]:
    """Exit status, answer and messages, to an operator who has an admin's token."""
    answer = subprocess.run(
        [
            *(str(KINDRED), "audit", "verify", "--json", "--url", platform.file["api_url"]),
            *("--secret-id", platform.outputs["AuditSecretArn"]),
        ],
        env={
            **os.environ,
            **operator_environment(platform.settings),
            "KINDRED_TOKEN": platform.token("admin"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    return answer.returncode, json.loads(answer.stdout), answer.stderr


@pytest.fixture
def record(platform: LocalPlatform) -> int:
    """The number of one that others follow."""
    key = f"audit-{uuid.uuid4().hex[:8]}"
    group = {"key": key, "attribute": "id", "values": ["u1"]}
    with person(platform, "experimenter") as people:
        assert people.post("api/v1/saved-groups", json=group).status_code == 201
        for values in (["u2"], ["u3"]):
            changed = people.patch(f"api/v1/saved-groups/{key}", json={"values": values})
            assert changed.status_code == 200, changed.text

    async def first(connection: asyncpg.Connection) -> Any:
        query = "select min(sequence) from audit_records where key = $1"
        return await connection.fetchval(query, key)

    number: int = as_master(platform, first)
    return number


def test_a_record_that_the_databases_master_changes_is_named(
    platform: LocalPlatform, record: int
) -> None:
    status, answer, _ = verify(platform)
    assert (status, answer["faults"]) == (0, [])
    assert answer["records"] >= 3

    was = _body(platform, record)
    _rewrite(platform, record, was.replace('"u1"', '"u9"'))
    try:
        status, answer, messages = verify(platform)
    finally:
        _rewrite(platform, record, was)

    assert status == 1
    assert answer["faults"] == [
        f"record {record} was changed: its signature does not fit what it says"
    ]
    assert "the audit log is not as it was written: 1 fault" in messages
    status, answer, _ = verify(platform)
    assert (status, answer["faults"]) == (0, [])


def test_the_database_refuses_to_change_a_record_as_long_as_its_trigger_stands(
    platform: LocalPlatform, record: int
) -> None:
    async def change(connection: asyncpg.Connection) -> None:
        await connection.execute("update audit_records set actor = 'x' where sequence = $1", record)

    with pytest.raises(asyncpg.RaiseError, match="only ever added"):
        as_master(platform, change)


def _body(platform: LocalPlatform, record: int) -> str:
    async def read(connection: asyncpg.Connection) -> Any:
        return await connection.fetchval(
            "select body from audit_records where sequence = $1", record
        )

    body: str = as_master(platform, read)
    return body


def _rewrite(platform: LocalPlatform, record: int, body: str) -> None:
    """As somebody who owns the table can, and nobody less."""

    async def write(connection: asyncpg.Connection) -> None:
        async with connection.transaction():
            await connection.execute("alter table audit_records disable trigger audit_records_stay")
            await connection.execute(
                "update audit_records set body = $2 where sequence = $1", record, body
            )
            await connection.execute("alter table audit_records enable trigger audit_records_stay")

    as_master(platform, write)
