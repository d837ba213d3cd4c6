"""The stand-in for OpenSearch behind the domain's endpoint: signed calls of who may make them."""

from __future__ import annotations

import json
import ssl
import uuid
from datetime import UTC, datetime

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


def reachable(domain: Domain) -> bool:
    try:
        return domain.send("GET", "/").status_code == 200
    except httpx.TransportError:
        return False


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


def put_exposures(platform: LocalPlatform, experiment: str, *, units: int) -> None:
    records = [
        {
            "event_id": str(uuid.uuid4()),
            "type": "exposure",
            "occurred_at": datetime.now(UTC).isoformat(),
            "unit_id": f"unit-{number}",
            "experiment_id": experiment,
            "variation": "control",
            "segments": {},
        }
        for number in range(units)
    ]
    platform.aws("kinesis").put_records(
        StreamName=platform.outputs["EventStreamName"],
        Records=[
            {"Data": json.dumps(record).encode(), "PartitionKey": record["unit_id"]}
            for record in records
        ],
    )


def counted(platform: LocalPlatform, experiment: str) -> int:
    items = platform.aws("dynamodb").query(
        TableName=platform.outputs["CountersTableName"],
        KeyConditionExpression="experiment_id = :experiment",
        ExpressionAttributeValues={":experiment": {"S": experiment}},
    )["Items"]
    return sum(int(item["units"]["N"]) for item in items if "units" in item)


def test_an_outage_of_the_search_loses_no_event_and_stops_no_counter(
    platform: LocalPlatform, domain: Domain
) -> None:
    experiment = f"test-{uuid.uuid4().hex}"
    wanted = json.dumps({"query": {"term": {"experiment_id": experiment}}}).encode()

    def indexed() -> int:
        return int(domain.call("POST", "/*/_count", wanted).json()["count"])

    assert platform.run("outage").returncode == 0
    try:
        put_exposures(platform, experiment, units=20)
        wait_until(lambda: counted(platform, experiment) == 20)
    finally:
        assert platform.run("outage", "--end").returncode == 0

    wait_until(lambda: reachable(domain) and indexed() == 20, seconds=60)
    assert counted(platform, experiment) == 20


def test_during_an_outage_nobody_answers_and_the_platform_stays(
    platform: LocalPlatform, domain: Domain, index: str
) -> None:
    domain.call("POST", "/_bulk", bulk(index, "a"))

    assert platform.run("outage").returncode == 0
    try:
        wait_until(lambda: not reachable(domain))
        assert platform.file["state"] == "ready"
    finally:
        assert platform.run("outage", "--end").returncode == 0
    wait_until(lambda: reachable(domain))
    assert domain.call("GET", f"/{index}/_count").json() == {"count": 1}
