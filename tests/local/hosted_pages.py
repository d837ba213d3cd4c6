"""Signing in on Cognito's pages as a browser does: a code, its proof, and tokens for it."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx

from ops.local.state_files import read_json
from ops.local.users import user_name
from stacks.sign_in import ON_THIS_MACHINE
from tests.local.local_platform import LocalPlatform


def asked(client_id: str, verifier: str, **changes: str) -> dict[str, str]:
    digest = hashlib.sha256(verifier.encode()).digest()
    return {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": ON_THIS_MACHINE,
        "scope": "openid email profile",
        "state": "where-i-was",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **changes,
    }


def code_of(
    platform: LocalPlatform, pages: httpx.Client, *, client_id: str, verifier: str, role: str
) -> str:
    """The page is asked for, its form filled in and sent, its answer followed."""
    page = pages.get("/oauth2/authorize", params=asked(client_id, verifier))
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


def tokens_for(pages: httpx.Client, code: str, *, client_id: str, verifier: str) -> httpx.Response:
    return pages.post(
        "/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "client_id": client_id,
            "redirect_uri": ON_THIS_MACHINE,
            "code": code,
            "code_verifier": verifier,
        },
    )
