"""Passwords of PostgreSQL change under a platform that serves, by the functions AWS would call."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from tests.local.invocation import FunctionFailed
from tests.local.local_platform import LocalPlatform, wait_until
from tests.local.management import experiment_body, person
from tests.local.rotation import rotate
from tests.local.test_database import as_master

pytestmark = pytest.mark.slow

LOGIN = ("RotateDatabaseLoginFunctionName", "DatabaseLoginArn")
ADMINISTRATOR = ("RotateDatabaseAdministratorFunctionName", "DatabaseSecretArn")


def login(platform: LocalPlatform) -> dict[str, str]:
    held = platform.secret("DatabaseLoginArn")
    return {"user": held["username"], "password": held["password"]}


async def _acts_as(connection: asyncpg.Connection) -> Any:
    return await connection.fetchval("select current_user")


def users_of_tasks(platform: LocalPlatform) -> set[str]:
    async def connected(connection: asyncpg.Connection) -> Any:
        query = "select distinct usename from pg_stat_activity where application_name = $1"
        return {user for (user,) in await connection.fetch(query, "kindred-experiments")}

    found: set[str] = as_master(platform, connected)
    return found


def writes(platform: LocalPlatform, key: str) -> int:
    with person(platform, "experimenter") as people:
        return people.post("api/v1/experiments", json=experiment_body(key)).status_code


def start_tasks_anew(platform: LocalPlatform) -> None:
    """As the runbook says."""
    ecs = platform.aws("ecs")
    [cluster] = ecs.list_clusters()["clusterArns"]
    [service] = [
        each for each in ecs.list_services(cluster=cluster)["serviceArns"] if "Experiments" in each
    ]
    ecs.update_service(cluster=cluster, service=service, forceNewDeployment=True)


def test_services_sign_in_as_a_user_that_is_not_the_administrator(platform: LocalPlatform) -> None:
    assert as_master(platform, _acts_as, **login(platform)) == "kindred_owner"
    assert users_of_tasks(platform) <= {"kindred_1", "kindred_2"}


def test_tasks_go_on_across_a_rotation_and_the_next_waits_until_they_were_started_anew(
    platform: LocalPlatform,
) -> None:
    before = login(platform)
    assert writes(platform, "before-rotation") == 201

    rotate(platform, *LOGIN)
    after = login(platform)

    assert after["user"] != before["user"]
    assert writes(platform, "after-rotation") == 201
    assert users_of_tasks(platform) == {before["user"]}
    for each in (before, after):
        assert as_master(platform, _acts_as, **each) == "kindred_owner"
    with pytest.raises(FunctionFailed, match=f"sessions of {before['user']} are open"):
        rotate(platform, *LOGIN)

    start_tasks_anew(platform)
    wait_until(lambda: users_of_tasks(platform) == {after["user"]}, seconds=60)
    rotate(platform, *LOGIN)
    assert login(platform)["user"] == before["user"]
    assert writes(platform, "after-both") == 201
    with pytest.raises(asyncpg.InvalidPasswordError):
        as_master(platform, _acts_as, **before)


def test_the_administrators_password_changes_and_rotations_go_on(platform: LocalPlatform) -> None:
    before = platform.secret("DatabaseSecretArn")
    version = rotate(platform, *ADMINISTRATOR)
    after = platform.secret("DatabaseSecretArn")

    rotate(platform, *ADMINISTRATOR, version)  # Each step again, as Secrets Manager may.
    assert platform.secret("DatabaseSecretArn") == after == before | {"password": after["password"]}
    assert as_master(platform, _acts_as) == before["username"]
    with pytest.raises(asyncpg.InvalidPasswordError):
        as_master(platform, _acts_as, password=before["password"])
