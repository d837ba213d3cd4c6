"""People sign in to the user pool; the gateway and the service take their tokens, and no others."""

from __future__ import annotations

import httpx
import jwt
import pytest

from ops.local.settings import REGION
from tests.local.local_platform import LocalPlatform

ROLES = ("viewer", "experimenter", "approver", "admin")


def manage(platform: LocalPlatform, token: str | None) -> httpx.Response:
    """The list of experiments, as a browser asks for it."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.get(f"{platform.file['api_url']}api/v1/experiments", headers=headers, timeout=20)


@pytest.mark.parametrize("role", ROLES)
def test_a_token_says_the_role_and_is_signed_by_the_pool(
    platform: LocalPlatform, role: str
) -> None:
    pool = platform.outputs["UserPoolId"]
    token = platform.token(role)
    keys = jwt.PyJWKClient(f"{platform.settings.emulator_url}/{pool}/.well-known/jwks.json")

    claims = jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["RS256"],
        audience=platform.outputs["UserPoolClientId"],
        issuer=f"https://cognito-idp.{REGION}.amazonaws.com/{pool}",
    )

    assert claims["cognito:groups"] == [role]
    assert claims["token_use"] == "id"


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_look_at_experiments(platform: LocalPlatform, role: str) -> None:
    answer = manage(platform, platform.token(role))

    assert answer.status_code == 200, answer.text


def test_a_viewer_changes_nothing_and_an_experimenter_may(platform: LocalPlatform) -> None:
    url = f"{platform.file['api_url']}api/v1/experiments"

    def create(role: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {platform.token(role)}"}
        return httpx.post(url, json={}, headers=headers, timeout=20)

    refused, invalid = create("viewer"), create("experimenter")

    assert refused.status_code == 403
    assert "this needs experimenter or above" in refused.json()["detail"]
    # Allowed to ask, and told what an experiment needs.
    assert invalid.status_code == 422


def test_the_gateway_refuses_what_is_no_id_token_of_the_pool(platform: LocalPlatform) -> None:
    token = platform.token("admin")
    head, body, signature = token.split(".")
    forged = f"{head}.{body}.{signature[:-8]}AAAAAAAA"
    access = platform.token("admin", "--access")

    for refused in (None, "no token", forged, access):
        answer = manage(platform, refused)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 401


def test_passwords_are_nobodys_but_the_owners(platform: LocalPlatform) -> None:
    assert platform.settings.users_file.stat().st_mode & 0o077 == 0


def test_a_role_that_nobody_has_is_refused_in_words(platform: LocalPlatform) -> None:
    printed = platform.run("token", "--role", "owner")

    assert printed.returncode == 3
    assert "viewer, experimenter, approver, admin" in printed.stderr
