"""Credentials of a task's role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ops.local.role_credentials import CredentialsServer, RoleCredentials


class FakeTokens:
    """Sessions whose length a test decides."""

    def __init__(self, lasts: timedelta) -> None:
        self.lasts = lasts
        self.assumed: list[str] = []

    def assume_role(self, *, RoleArn: str, RoleSessionName: str, **_: Any) -> dict[str, Any]:
        self.assumed.append(f"{RoleArn} as {RoleSessionName}")
        return {
            "Credentials": {
                "AccessKeyId": f"KEY{len(self.assumed)}",
                "SecretAccessKey": "secret",
                "SessionToken": "token",
                "Expiration": datetime.now(UTC) + self.lasts,
            }
        }


def _role(tokens: FakeTokens) -> RoleCredentials:
    return RoleCredentials(tokens, "arn:role", "task-1")  # type: ignore[arg-type]


@pytest.fixture
def server() -> Iterator[CredentialsServer]:
    server = CredentialsServer()
    yield server
    server.close()


def test_a_session_with_time_left_is_used_again() -> None:
    tokens = FakeTokens(timedelta(hours=1))
    role = _role(tokens)

    assert role.current() == role.current()
    assert tokens.assumed == ["arn:role as task-1"]


def test_a_session_that_an_sdk_would_renew_is_renewed_before() -> None:
    tokens = FakeTokens(timedelta(minutes=16))
    role = _role(tokens)

    assert role.current()["AccessKeyId"] != role.current()["AccessKeyId"]


def test_a_task_gets_its_own_roles_credentials(server: CredentialsServer) -> None:
    address = server.admit(_role(FakeTokens(timedelta(hours=1))))

    answer = httpx.get(address.url, headers={"Authorization": address.token})

    assert answer.status_code == 200
    assert answer.json().keys() == {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}


def test_without_the_tasks_token_nothing_is_given(server: CredentialsServer) -> None:
    address = server.admit(_role(FakeTokens(timedelta(hours=1))))
    server.dismiss(address)

    assert httpx.get(address.url).status_code == 403
    assert httpx.get(address.url, headers={"Authorization": address.token}).status_code == 403


def test_a_role_that_cannot_be_assumed_is_said_to_be(server: CredentialsServer) -> None:
    class Refusing(FakeTokens):
        def assume_role(self, **_: Any) -> dict[str, Any]:
            raise PermissionError("not trusted")

    address = server.admit(_role(Refusing(timedelta(0))))

    answer = httpx.get(address.url, headers={"Authorization": address.token})

    assert (answer.status_code, answer.json()) == (503, {"message": "not trusted"})
