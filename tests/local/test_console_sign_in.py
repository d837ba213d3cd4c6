"""A page signs a person in on Cognito's pages: a code and its proof, and tokens for the API."""

from __future__ import annotations

import secrets

import httpx
import jwt
import pytest

from tests.local.hosted_pages import asked, code_of, tokens_for
from tests.local.local_platform import LocalPlatform


@pytest.fixture
def pages(platform: LocalPlatform) -> httpx.Client:
    """The hosted pages, which the emulator has at its own address."""
    return httpx.Client(base_url=platform.settings.emulator_url, timeout=20)


@pytest.fixture
def client_id(platform: LocalPlatform) -> str:
    return platform.outputs["ConsoleClientId"]


@pytest.mark.parametrize("role", ["viewer", "approver"])
def test_a_person_who_signed_in_on_the_pages_sees_experiments(
    platform: LocalPlatform, pages: httpx.Client, client_id: str, role: str
) -> None:
    verifier = secrets.token_urlsafe(48)
    code = code_of(platform, pages, client_id=client_id, verifier=verifier, role=role)

    answer = tokens_for(pages, code, client_id=client_id, verifier=verifier)
    token = answer.json()["id_token"]
    headers = {"authorization": f"Bearer {token}"}
    session = httpx.get(f"{platform.file['api_url']}api/v1/session", headers=headers, timeout=20)

    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == client_id
    assert session.status_code == 200, session.text
    assert session.json()["role"] == role


def test_a_code_is_worth_nothing_without_its_proof(
    platform: LocalPlatform, pages: httpx.Client, client_id: str
) -> None:
    mine, theirs = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
    code = code_of(platform, pages, client_id=client_id, verifier=mine, role="viewer")

    answer = tokens_for(pages, code, client_id=client_id, verifier=theirs)

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
    pages: httpx.Client, client_id: str, change: dict[str, str]
) -> None:
    answer = pages.get("/oauth2/authorize", params=asked(client_id, "v" * 43, **change))

    assert answer.status_code == 400


def test_the_client_of_programs_has_no_pages(platform: LocalPlatform, pages: httpx.Client) -> None:
    programs = platform.outputs["UserPoolClientId"]

    answer = pages.get("/oauth2/authorize", params=asked(programs, "v" * 43))

    assert answer.status_code == 400
