"""The platform as the internet sees it: pages, APIs and sign-in through the distributions."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.local.hosted_pages import code_of, tokens_for
from tests.local.local_platform import LocalPlatform


def through(platform: LocalPlatform, output: str, **headers: str) -> httpx.Client:
    """A client of the distribution whose address is in this output."""
    host = urlsplit(platform.outputs[output]).hostname or ""
    url = platform.settings.emulator_url
    return httpx.Client(base_url=url, headers={"host": host, **headers}, timeout=20)


@pytest.fixture
def console(platform: LocalPlatform) -> Iterator[httpx.Client]:
    platform.operate("console", "publish")
    with through(platform, "ConsoleUrl") as client:
        yield client


@pytest.fixture
def api(platform: LocalPlatform) -> Iterator[httpx.Client]:
    key = platform.file["api_key"]
    with through(platform, "PublicApiUrl", **{"x-api-key": key}) as client:
        yield client


def test_a_page_comes_with_its_assets_and_with_what_browsers_are_told(
    console: httpx.Client,
) -> None:
    page = console.get("/")
    names = [part.split('"')[0] for part in page.text.split('"/assets/')[1:]]
    assets = [console.get(f"/assets/{name}") for name in names]

    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "public, max-age=60"
    assert [asset.status_code for asset in assets] == [200, 200]
    assert {asset.headers["cache-control"] for asset in assets} == {
        "public, max-age=31536000, immutable"
    }


def test_a_page_that_does_not_exist_is_not_found(console: httpx.Client) -> None:
    answer = console.get("/wp-admin.php")

    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in answer.text


def test_pages_are_read_through_cloudfront_alone(platform: LocalPlatform) -> None:
    bucket = platform.outputs["ConsoleBucketName"]
    answer = httpx.get(f"{platform.settings.emulator_url}/{bucket}/index.html", timeout=20)

    assert answer.status_code == 403


def test_somebody_signs_in_on_the_hosted_page_and_reads_under_the_consoles_name(
    platform: LocalPlatform, console: httpx.Client
) -> None:
    config = console.get("/config.json").json()
    token = sign_in(platform, config["clientId"], role="viewer")
    headers = {"authorization": f"Bearer {token}"}

    experiments = console.get("/api/v1/experiments", headers=headers)
    deployments = console.get("/deployments", headers=headers)

    assert experiments.status_code == 200, experiments.text
    assert "experiments" in experiments.json()
    assert deployments.status_code == 200, deployments.text
    assert "deployments" in deployments.json()


def sign_in(platform: LocalPlatform, client_id: str, *, role: str) -> str:
    """An ID token."""
    verifier = secrets.token_urlsafe(48)
    with httpx.Client(base_url=platform.settings.emulator_url, timeout=20) as pages:
        code = code_of(platform, pages, client_id=client_id, verifier=verifier, role=role)
        answer = tokens_for(pages, code, client_id=client_id, verifier=verifier)
    return str(answer.json()["id_token"])


def test_a_page_may_read_and_not_write(platform: LocalPlatform, console: httpx.Client) -> None:
    headers = {"authorization": f"Bearer {platform.token('admin')}"}
    refused = console.post("/api/v1/experiments", headers=headers, json={})

    assert refused.status_code == 403
    assert "cloudfront" in refused.headers["x-cache"]


def test_an_error_of_the_api_reaches_the_console_as_the_api_said_it(
    console: httpx.Client,
) -> None:
    refused = console.get("/api/v1/experiments")

    assert refused.status_code == 401
    assert refused.json()["title"] == "Unauthorized"


def test_partners_ask_through_cloudfront_as_they_would_without_it(
    platform: LocalPlatform, api: httpx.Client
) -> None:
    [app] = api.get("/api/v1/apps", params={"limit": 1}).json()["apps"]
    query = {"app_id": app["app_id"], "partner_id": "partner-1", "top_k": 3}

    answer = api.post("/api/v1/find-similar", json=query)

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["neighbors"]) == 3
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert answer.headers["x-correlation-id"]


def test_sdks_read_flags_near_to_their_visitors(platform: LocalPlatform) -> None:
    with through(platform, "PublicApiUrl") as client:
        answer = client.get(f"/api/features/{platform.file['client_key']}")

    assert answer.status_code == 200
    assert answer.headers["cache-control"].startswith("public, max-age=")
    assert answer.headers["access-control-allow-origin"] == "*"
