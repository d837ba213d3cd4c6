"""A page signs a person in on Cognito's pages: a code and its proof, and tokens for the API."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from ops.local.state_files import read_json
from ops.local.users import user_name
from stacks.sign_in import ON_THIS_MACHINE
from tests.local.local_platform import LocalPlatform


@pytest.fixture
def pages(platform: LocalPlatform) -> httpx.Client:
    """The hosted pages, which the emulator has at its own address."""
    return httpx.Client(base_url=platform.settings.emulator_url, timeout=20)


def asked(platform: LocalPlatform, verifier: str, **changes: str) -> dict[str, str]:
    digest = hashlib.sha256(verifier.encode()).digest()
    return {
        "response_type": "code",
        "client_id": platform.outputs["ConsoleClientId"],
        "redirect_uri": ON_THIS_MACHINE,
        "scope": "openid email profile",
        "state": "where-i-was",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **changes,
    }


def code_of(platform: LocalPlatform, pages: httpx.Client, verifier: str, role: str) -> str:
    """As a browser: the page is asked for, its form filled in and sent, its answer followed."""
    page = pages.get("/oauth2/authorize", params=asked(platform, verifier))
    assert page.status_code == 200, page.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    [passwords] = (read_json(platform.settings.users_file) or {}).values()
    form = {name: unescape(value) for name, value in hidden.items()}
    answer = pages.post(
        "/login", data={**form, "username": user_name(role), "password": passwords[role]}
    )
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == ON_THIS_MACHINE
    assert parse_qs(back.query)["state"] == ["where-i-was"]
    return parse_qs(back.query)["code"][0]


def tokens_for(
    platform: LocalPlatform, pages: httpx.Client, code: str, verifier: str
) -> httpx.Response:
    return pages.post(
        "/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "client_id": platform.outputs["ConsoleClientId"],
            "redirect_uri": ON_THIS_MACHINE,
            "code": code,
            "code_verifier": verifier,
        },
    )


@pytest.mark.parametrize("role", ["viewer", "approver"])
def test_a_person_who_signed_in_on_the_pages_sees_experiments(
    platform: LocalPlatform, pages: httpx.Client, role: str
) -> None:
    verifier = secrets.token_urlsafe(48)
    code = code_of(platform, pages, verifier, role)

    answer = tokens_for(platform, pages, code, verifier)
    token = answer.json()["id_token"]
    headers = {"authorization": f"Bearer {token}"}
    session = httpx.get(f"{platform.file['api_url']}api/v1/session", headers=headers, timeout=20)

    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == platform.outputs["ConsoleClientId"]
    assert session.status_code == 200, session.text
    assert session.json()["role"] == role


def test_a_code_is_worth_nothing_without_its_proof(
    platform: LocalPlatform, pages: httpx.Client
) -> None:
    code = code_of(platform, pages, secrets.token_urlsafe(48), "viewer")

    answer = tokens_for(platform, pages, code, secrets.token_urlsafe(48))

    assert answer.status_code == 400
    assert "id_token" not in answer.text


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"redirect_uri": "https://elsewhere.example/"}, id="an unknown address"),
        pytest.param({"response_type": "token"}, id="a token in the address"),
    ],
)
def test_the_pages_send_nobody_elsewhere(
    platform: LocalPlatform, pages: httpx.Client, change: dict[str, str]
) -> None:
    answer = pages.get("/oauth2/authorize", params=asked(platform, "v" * 43, **change))

    assert answer.status_code == 400


def test_the_client_of_programs_has_no_pages(platform: LocalPlatform, pages: httpx.Client) -> None:
    programs = {"client_id": platform.outputs["UserPoolClientId"]}

    answer = pages.get("/oauth2/authorize", params=asked(platform, "v" * 43, **programs))

    assert answer.status_code == 400
