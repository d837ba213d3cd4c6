"""People of the laptop's user pool, and how their tokens are got."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.local.emulator.kindred_emulator.token_kinds import takes
from ops.local.state_files import read_json, write_json
from ops.local.users import ROLES, NoSuchUser, create_users, fresh_token

ADMIN_FLOW = "ALLOW_ADMIN_USER_PASSWORD_AUTH"


class Pool:
    """A user pool's calls, answered from memory."""

    def __init__(self, flow: str = ADMIN_FLOW) -> None:
        self.flow = flow
        self.groups: dict[str, str] = {}
        self.passwords: dict[str, str] = {}
        self.created = 0

    def admin_create_user(self, *, Username: str, **_: Any) -> None:
        self.created += 1

    def admin_set_user_password(self, *, Username: str, Password: str, **_: Any) -> None:
        self.passwords[Username] = Password

    def admin_add_user_to_group(self, *, Username: str, GroupName: str, **_: Any) -> None:
        self.groups[Username] = GroupName

    def describe_user_pool_client(self, **_: Any) -> dict[str, Any]:
        return {"UserPoolClient": {"ExplicitAuthFlows": [self.flow]}}

    def admin_initiate_auth(self, *, AuthParameters: dict[str, str], **_: Any) -> dict[str, Any]:
        assert self.flow == ADMIN_FLOW
        return self._sign_in(AuthParameters)

    def initiate_auth(self, *, AuthParameters: dict[str, str], **_: Any) -> dict[str, Any]:
        assert self.flow != ADMIN_FLOW
        return self._sign_in(AuthParameters)

    def _sign_in(self, given: dict[str, str]) -> dict[str, Any]:
        assert self.passwords[given["USERNAME"]] == given["PASSWORD"]
        name = given["USERNAME"]
        return {"AuthenticationResult": {"IdToken": f"id {name}", "AccessToken": f"access {name}"}}


def users_of(pool: Any, file: Path) -> None:
    create_users(pool, pool="p", file=file)


def token_of(pool: Any, file: Path, *, role: str, kind: Any = "id") -> str:
    return fresh_token(pool, role=role, app="app", file=file, kind=kind)


def test_each_role_has_one_user_in_its_group(tmp_path: Path) -> None:
    pool, file = Pool(), tmp_path / "users.json"

    users_of(pool, file)
    users_of(pool, file)

    assert tuple(pool.groups.values()) == ROLES
    assert pool.created == len(ROLES)
    assert len(set(pool.passwords.values())) == len(ROLES)
    assert file.stat().st_mode & 0o077 == 0


def test_a_bring_up_that_was_interrupted_is_taken_up_where_it_ended(tmp_path: Path) -> None:
    pool, file = Pool(), tmp_path / "users.json"
    users_of(pool, file)
    known = read_json(file) or {}
    del known["p"]["admin"]
    write_json(file, known)

    users_of(pool, file)

    assert pool.created == len(ROLES) + 1


@pytest.mark.parametrize(
    ("flow", "kind", "expected"),
    [
        pytest.param(ADMIN_FLOW, "id", "id admin@example.com", id="as an administrator"),
        pytest.param("ALLOW_USER_PASSWORD_AUTH", "access", "access admin@example.com", id="itself"),
    ],
)
def test_a_user_signs_in_as_the_client_allows(
    tmp_path: Path, flow: str, kind: str, expected: str
) -> None:
    pool, file = Pool(flow), tmp_path / "users.json"
    users_of(pool, file)

    assert token_of(pool, file, role="admin", kind=kind) == expected


def test_an_unknown_role_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    pool, file = Pool(), tmp_path / "users.json"
    users_of(pool, file)

    with pytest.raises(NoSuchUser, match="owner; there are: viewer, experimenter, approver, admin"):
        token_of(pool, file, role="owner")


def test_without_a_pool_there_is_nobody(tmp_path: Path) -> None:
    with pytest.raises(NoSuchUser, match="no user pool"):
        token_of(Pool(), tmp_path / "users.json", role="admin")


@pytest.mark.parametrize(
    ("kind", "scopes", "taken"),
    [
        pytest.param("id", [], True, id="an id token"),
        pytest.param("access", [], False, id="an access token where no scope is asked for"),
        pytest.param("access", ["a/b"], True, id="an access token where its scopes decide"),
    ],
)
def test_the_gateway_takes_the_kind_of_token_that_aws_takes(
    kind: str, scopes: list[str], taken: bool
) -> None:
    assert takes(kind, scopes) is taken
