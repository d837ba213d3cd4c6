"""Services and PostgreSQL across rotations of who signs in, each step interrupted and repeated."""

import asyncio
import io
import uuid

import asyncpg
import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws
from sqlalchemy import text

from experiments_service.database.engine import DATABASE_LOST, open_database, open_for_migration
from experiments_service.database.migration import migrate
from privacy_functions import rotate_database_administrator, rotate_database_login
from privacy_functions.database_logins import LoginInUse
from tests.service.experiments.rotation_fixtures import (
    ADMINISTRATORS,
    DATABASE,
    FIRST,
    LOGINS,
    OWNER,
    STEPS,
    Rotated,
)


@pytest.fixture
def rotated(postgresql, monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SSL_CERT_FILE": str(postgresql.authority),
        "DATABASE_URL": f"postgresql://127.0.0.1:{postgresql.port}/{DATABASE}",
        "DATABASE_OWNER": OWNER,
        "DATABASE_LOGINS": ",".join(LOGINS),
        "ADMINISTRATOR_SECRET_ARN": "administrator",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        world = Rotated(postgresql)
        world.begin()
        try:
            yield world
        finally:
            world.end()


@pytest.fixture
def signed_in(rotated):
    """Settings of a service that read this login when it started."""

    def settings(login):
        url = rotated.server.url(DATABASE).set(**login)
        return rotated.server.settings(DATABASE, writer=url, reader=url)

    return settings


def bring_up(settings):
    asyncio.run(migrate(open_for_migration(settings), Logger(stream=io.StringIO())))


def test_the_first_rotation_makes_the_user_that_was_told_and_the_one_that_follows(rotated):
    assert not rotated.lets_in(FIRST)

    second = rotated.rotate(rotate_database_login)

    assert (second["username"], len(second["password"])) == (LOGINS[1], 64)
    assert rotated.lets_in(second)
    assert rotated.lets_in(FIRST)


def test_a_login_stays_good_until_the_next_rotation_but_one(rotated):
    second = rotated.rotate(rotate_database_login)
    third = rotated.rotate(rotate_database_login)

    assert third["username"] == FIRST["username"]
    assert [rotated.lets_in(each) for each in (FIRST, second, third)] == [False, True, True]


def test_who_is_connected_with_the_login_that_is_to_change_stops_the_rotation(rotated):
    second = rotated.rotate(rotate_database_login)
    version = str(uuid.uuid4())

    async def meanwhile():
        task = await rotated.connect(FIRST)
        with pytest.raises(LoginInUse, match=r"1 sessions of kindred_1 .* start tasks anew"):
            await asyncio.to_thread(rotated.take, rotate_database_login, version)
        await task.close()

    asyncio.run(meanwhile())
    assert rotated.held() == second
    assert rotated.lets_in(FIRST)

    rotated.take(rotate_database_login, version)
    assert rotated.held()["username"] == FIRST["username"]
    assert not rotated.lets_in(FIRST)


@pytest.mark.parametrize("taken", range(1, len(STEPS)))
def test_a_rotation_that_is_interrupted_leaves_services_their_login_and_goes_on(rotated, taken):
    second, version = rotated.rotate(rotate_database_login), str(uuid.uuid4())

    rotated.take(rotate_database_login, version, *STEPS[:taken])
    assert rotated.held() == second
    assert rotated.lets_in(second)

    rotated.take(rotate_database_login, version)
    assert rotated.held()["username"] == FIRST["username"]
    assert rotated.lets_in(rotated.held())


def test_every_step_may_come_again(rotated):
    version = str(uuid.uuid4())
    rotated.take(rotate_database_login, version, *(step for step in STEPS for _ in range(2)))
    held = rotated.held()

    async def used():
        task = await rotated.connect(held)
        await asyncio.to_thread(rotated.take, rotate_database_login, version)
        await task.close()

    asyncio.run(used())
    assert rotated.held() == held
    assert rotated.lets_in(held)


def test_nobody_is_sent_to_a_login_that_does_not_get_in_or_is_nobodys_member(rotated):
    version = str(uuid.uuid4())
    rotated.take(rotate_database_login, version, "createSecret")
    with pytest.raises(ValueError, match="kindred_2 acts as nobody, wanted is kindred_owner"):
        rotated.take(rotate_database_login, version, "testSecret")

    rotated.take(rotate_database_login, version, "setSecret")
    rotated.as_superuser("ALTER ROLE kindred_2 RESET role")
    with pytest.raises(ValueError, match="kindred_2 acts as kindred_2"):
        rotated.take(rotate_database_login, version, "testSecret")
    assert rotated.held() == FIRST


def test_a_database_that_was_restored_to_other_passwords_takes_the_held_one_again(rotated):
    second = rotated.rotate(rotate_database_login)
    rotated.as_superuser("ALTER ROLE kindred_2 PASSWORD 'of-the-backup'")
    assert not rotated.lets_in(second)

    third = rotated.rotate(rotate_database_login)
    assert rotated.lets_in(second)
    assert rotated.lets_in(third)


def test_what_either_login_or_the_administrator_made_is_everybodys(rotated, signed_in):
    bring_up(signed_in(ADMINISTRATORS))
    second = rotated.rotate(rotate_database_login)
    bring_up(signed_in(second))
    rotated.ask(second, "CREATE TABLE by_second (id integer)")
    third = rotated.rotate(rotate_database_login)

    owners = "SELECT string_agg(DISTINCT tableowner, ' ') FROM pg_tables WHERE schemaname='public'"
    assert rotated.ask(third, owners) == OWNER
    rotated.ask(
        third,
        "ALTER TABLE by_second ADD name text",
        "ALTER TABLE definitions ADD another text",
        "ALTER FUNCTION refuse_change() RENAME TO refuse_any_change",
        "INSERT INTO audit_head (id, sequence, signature) VALUES (2, 0, '')",
    )
    assert rotated.ask(second, "SELECT count(*) FROM audit_head") == 2


def test_a_task_that_comes_before_its_user_is_told_that_the_database_is_lost(rotated, signed_in):
    with pytest.raises(DATABASE_LOST):
        bring_up(signed_in(FIRST))

    rotated.rotate(rotate_database_login)
    bring_up(signed_in(FIRST))


def test_a_running_task_serves_across_a_rotation(rotated, signed_in):
    rotated.rotate(rotate_database_login)
    settings = signed_in(FIRST)
    bring_up(settings)

    async def serving():
        database = open_database(settings)
        async with database.sessions() as session:
            await session.execute(text("SELECT count(*) FROM definitions"))
        # As a pool does with connections that are old.
        await database.writer.dispose()
        async with database.sessions() as session:
            answer = await session.scalar(text("SELECT current_user"))
        await database.close()
        return answer

    assert asyncio.run(serving()) == OWNER


def test_a_login_cannot_make_users_and_no_password_is_kept(rotated):
    held = rotated.rotate(rotate_database_login)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        rotated.ask(held, "CREATE ROLE another LOGIN")
    kept = "SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256$%') FROM pg_authid WHERE rolcanlogin"
    assert rotated.as_superuser(f"{kept} AND rolname <> 'kindred'") is True


@pytest.mark.parametrize("taken", range(1, len(STEPS)))
def test_the_administrator_changes_and_an_interrupted_change_goes_on(rotated, taken):
    version = str(uuid.uuid4())
    steps = [step for step in STEPS[:taken] for _ in range(2)]
    rotated.take(rotate_database_administrator, version, *steps, of="administrator")
    pending = rotated.held("administrator", "AWSPENDING")
    assert rotated.held("administrator") == ADMINISTRATORS
    assert rotated.lets_in(pending) == ("setSecret" in steps)

    rotated.take(rotate_database_administrator, version, of="administrator")
    assert rotated.held("administrator") == pending
    assert (rotated.lets_in(ADMINISTRATORS), rotated.lets_in(pending)) == (False, True)
    assert rotated.lets_in(rotated.rotate(rotate_database_login))


def test_an_administrator_that_does_not_get_in_is_told_of(rotated):
    version = str(uuid.uuid4())
    rotated.take(rotate_database_administrator, version, "createSecret", of="administrator")
    with pytest.raises(ValueError, match="administrator is not let in"):
        rotated.take(rotate_database_administrator, version, "testSecret", of="administrator")
    assert rotated.held("administrator") == ADMINISTRATORS
