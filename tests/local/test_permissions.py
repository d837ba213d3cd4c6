"""A role may do what its template grants, and a grant that is missing is missed here."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ops.local.task_definitions import ServiceSpec
from tests.local.changed_assembly import without_grant, without_grants
from tests.local.event_stream import SETTLED_SECONDS, Stream, mapping_to
from tests.local.granted import GRANTS, read_manifest, refusal_of, similarity_of
from tests.local.local_platform import LocalPlatform, wait_until
from tests.local.management import person, start_experiment
from tests.local.rollout_grants import ROLLOUT_GRANTS

ROLE_PATH = "Similarity"
ALL_GRANTS = {**GRANTS, **ROLLOUT_GRANTS}
# Whoever counts may not write, and whoever indexes may not read.
OF_STREAM = [("ProcessEvents", "dynamodb:PutItem"), ("IndexEvents", "kinesis:GetRecords")]
ONCE = Retry(NoBackoff(), 0)


@pytest.fixture
def similarity(platform: LocalPlatform) -> ServiceSpec:
    return similarity_of(platform)


Told = dict[str, str | None]


@dataclass(frozen=True)
class Attempts:
    """What each attempt is told with its grant, without it, and with it again."""

    before: Told
    without: Told
    again: Told
    # One event was put while nobody might count it.
    stream: Stream
    counted_without: int
    index_mapping: str


@pytest.fixture(scope="module")
def attempts(platform: LocalPlatform, tmp_path_factory: pytest.TempPathFactory) -> Attempts:
    with person(platform, "experimenter") as people:
        experiment = start_experiment(people, "grants")
    similarity, stream = similarity_of(platform), Stream(platform)

    def told() -> Told:
        return {
            name: it.attempt(platform, similarity, experiment) for name, it in ALL_GRANTS.items()
        }

    before = told()
    copy = tmp_path_factory.mktemp("without") / "local"
    taken = [(granted.policies, granted.action) for granted in ALL_GRANTS.values()]
    changed = platform.up(assembly=without_grants(platform.assembly, copy, [*taken, *OF_STREAM]))
    try:
        assert changed.returncode == 0, changed.stderr
        stream.put(stream.exposure("u1"))
        without = told()
        wait_until(lambda: "kinesis:GetRecords" in _index_mapping(platform))
        time.sleep(SETTLED_SECONDS)
        counted, mapping = stream.counted[0], _index_mapping(platform)
    finally:
        restored = platform.up()
    assert restored.returncode == 0, restored.stderr
    return Attempts(before, without, told(), stream, counted, mapping)


@pytest.mark.parametrize("name", ALL_GRANTS)
def test_taking_one_grant_out_of_a_template_is_missed(attempts: Attempts, name: str) -> None:
    assert attempts.before[name] is None
    assert ALL_GRANTS[name].refusal in (attempts.without[name] or "allowed")
    assert attempts.again[name] is None


def test_without_the_right_to_count_nothing_is_counted_and_nothing_lost(
    attempts: Attempts,
) -> None:
    assert attempts.counted_without == 0
    wait_until(lambda: attempts.stream.counted[0] == 1)


def test_without_the_right_to_read_the_stream_the_mapping_says_so(
    platform: LocalPlatform, attempts: Attempts
) -> None:
    assert "kinesis:GetRecords" in attempts.index_mapping
    attempts.stream.put(attempts.stream.exposure("u2"))
    wait_until(lambda: "kinesis:GetRecords" not in _index_mapping(platform))


def test_a_service_that_may_not_read_its_models_does_not_replace_the_one_that_may(
    platform: LocalPlatform, similarity: ServiceSpec, tmp_path: Path
) -> None:
    assert read_manifest(platform, similarity) is None
    serving = platform.process("similarity_service")["pid"]
    changed = without_grant(platform.assembly, tmp_path / "local", ROLE_PATH, "s3:GetObject")
    for template_file in changed.glob("assembly-*/*ApiStack*.template.json"):
        # Another value in the definition, so that a new task has to start.
        text = template_file.read_text()
        assert '"INFO"' in text
        template_file.write_text(text.replace('"INFO"', '"DEBUG"'))

    up = platform.up(assembly=changed)
    try:
        assert up.returncode == 1
        assert "AccessDenied" in up.stderr
        assert read_manifest(platform, similarity) == "AccessDenied"
        assert serving in platform.processes()
        with platform.client() as client:
            assert client.get("api/v1/apps", params={"limit": 1}).status_code == 200
    finally:
        restored = platform.up()
    assert restored.returncode == 0, restored.stderr


def test_a_task_reads_published_models_and_nothing_else_of_the_bucket(
    platform: LocalPlatform, similarity: ServiceSpec
) -> None:
    bucket = similarity.container.environment["EMBEDDINGS_BUCKET"]
    s3 = platform.aws("s3", platform.task_session(similarity))

    def read(key: str) -> str | None:
        return refusal_of(lambda: s3.get_object(Bucket=bucket, Key=key))

    assert read("embeddings/v2/manifest.json") is None
    assert read("catalogue/manifest.json") == "AccessDenied"
    assert refusal_of(lambda: s3.put_object(Bucket=bucket, Key="embeddings/x")) == "AccessDenied"


def test_a_transaction_is_allowed_only_if_each_of_its_writes_is(
    platform: LocalPlatform, similarity: ServiceSpec
) -> None:
    tables = similarity.container.environment
    dynamodb = platform.aws("dynamodb", platform.task_session(similarity))

    def count(table: str, **key: str) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": tables[table],
                "Key": {name: {"S": value} for name, value in key.items()},
                "UpdateExpression": "ADD requests_count :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
        }

    allowed = count("METRICS_TABLE", experiment_id="test", timestamp="1#v1#test")
    refused = count("EXPERIMENTS_TABLE", experiment_id="test")

    assert refusal_of(lambda: dynamodb.transact_write_items(TransactItems=[allowed])) is None
    assert (
        refusal_of(lambda: dynamodb.transact_write_items(TransactItems=[allowed, refused]))
        == "AccessDeniedException"
    )


def test_only_the_execution_role_reads_the_caches_password(
    platform: LocalPlatform, similarity: ServiceSpec
) -> None:
    secret = platform.outputs["CacheSecretArn"]

    def read(session: boto3.Session) -> str | None:
        client = platform.aws("secretsmanager", session)
        return refusal_of(lambda: client.get_secret_value(SecretId=secret))

    assert read(platform.task_session(similarity)) == "AccessDeniedException"


def test_the_cache_lets_in_the_templates_user_over_tls_and_nobody_else(
    platform: LocalPlatform,
) -> None:
    known = platform.secret("CacheSecretArn")

    def connect(**options: Any) -> redis.Redis:
        return redis.Redis(
            host="127.0.0.1",
            port=platform.settings.cache_port,
            ssl=True,
            ssl_ca_certs=str(platform.settings.authority_file),
            ssl_min_version=ssl.TLSVersion.TLSv1_2,
            retry=ONCE,
            **options,
        )

    user = connect(username=known["username"], password=known["password"])
    assert user.set("test", "1", ex=5)
    with pytest.raises(redis.exceptions.NoPermissionError):
        user.flushall()
    with pytest.raises(redis.AuthenticationError):
        connect().ping()
    with pytest.raises(redis.AuthenticationError):
        connect(username=known["username"], password="wrong").ping()
    with pytest.raises(redis.ConnectionError):
        redis.Redis(host="127.0.0.1", port=platform.settings.cache_port, retry=ONCE).ping()


def _index_mapping(platform: LocalPlatform) -> str:
    """What became of its last batch."""
    return str(mapping_to(platform, "IndexEventsFunctionName")["LastProcessingResult"])
