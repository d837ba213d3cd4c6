"""The stand-in for OpenSearch behind the domain's endpoint: signed calls of who may make them."""

from __future__ import annotations

import json
import ssl
import uuid

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from ops.local.settings import REGION
from tests.local.local_platform import LocalPlatform, wait_until


class Domain:
    """Signs as botocore does for every service."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.url = platform.outputs["SearchEndpoint"]
        self._trusted = ssl.create_default_context(cafile=str(platform.settings.authority_file))
        self._operator = platform.session()

    def call(
        self, method: str, path: str, body: bytes = b"", *, by: boto3.Session | None = None
    ) -> httpx.Response:
        request = AWSRequest(method, f"{self.url}{path}", data=body)
        credentials = (by or self._operator).get_credentials()
        SigV4Auth(credentials, "es", REGION).add_auth(request)
        return self.send(method, path, body, dict(request.headers.items()))

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        url = f"{self.url}{path}"
        return httpx.request(method, url, content=body, headers=headers, verify=self._trusted)


@pytest.fixture
def domain(platform: LocalPlatform) -> Domain:
    return Domain(platform)


@pytest.fixture
def index() -> str:
    return f"test-{uuid.uuid4().hex}"


def bulk(index: str, *ids: str) -> bytes:
    lines = [
        line for name in ids for line in ({"index": {"_index": index, "_id": name}}, {"name": name})
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def test_what_is_indexed_twice_is_found_once(domain: Domain, index: str) -> None:
    for _ in range(2):
        assert domain.call("POST", "/_bulk", bulk(index, "a", "b")).status_code == 200

    found = domain.call("POST", f"/{index}/_search", b'{"query": {"term": {"name": "a"}}}').json()

    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["a"]
    assert domain.call("GET", f"/{index}/_count").json() == {"count": 2}


def test_who_does_not_sign_is_refused(domain: Domain, index: str) -> None:
    answer = domain.send("POST", "/_bulk", bulk(index, "a"))

    assert answer.status_code == 403
    assert domain.call("GET", f"/{index}/_count").json() == {"count": 0}


def test_a_role_without_the_grant_is_refused(
    platform: LocalPlatform, domain: Domain, index: str
) -> None:
    iam = platform.aws("iam")
    name = f"test-{uuid.uuid4().hex}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    nobody = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    forger = boto3.Session(key["AccessKeyId"], "not its secret", region_name=REGION)

    refused = domain.call("POST", "/_bulk", bulk(index, "a"), by=nobody)
    forged = domain.call("POST", "/_bulk", bulk(index, "a"), by=forger)

    assert refused.status_code == forged.status_code == 403
    assert "es:ESHttpPost" in refused.json()["error"]["reason"]
    assert "signature" in forged.json()["error"]["reason"]


def test_during_an_outage_nobody_answers_and_the_platform_stays(
    platform: LocalPlatform, domain: Domain, index: str
) -> None:
    domain.call("POST", "/_bulk", bulk(index, "a"))

    def answers() -> bool:
        try:
            return domain.call("GET", f"/{index}/_count").json() == {"count": 1}
        except httpx.TransportError:
            return False

    assert platform.run("outage").returncode == 0
    try:
        wait_until(lambda: not answers())
        assert platform.file["state"] == "ready"
    finally:
        assert platform.run("outage", "--end").returncode == 0
    wait_until(answers)
