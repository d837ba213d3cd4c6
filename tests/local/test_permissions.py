"""A role may do what its template grants, and a grant that is missing is missed here."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import redis
from botocore.exceptions import ClientError
from redis.backoff import NoBackoff
from redis.retry import Retry

from ops.local.ecs_services import EcsServices
from ops.local.task_definitions import ServiceSpec
from tests.local.changed_assembly import without_grant
from tests.local.local_platform import LocalPlatform

ROLE_PATH = "Similarity"
ONCE = Retry(NoBackoff(), 0)


@pytest.fixture
def similarity(platform: LocalPlatform) -> ServiceSpec:
    services = EcsServices(platform.aws("ecs"), platform.aws("elbv2")).read()
    return next(spec for spec in services if spec.label == "similarity_service")


def _refusal(call: Callable[[], Any]) -> str | None:
    """The error's code; None when the call was allowed."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def _count(platform: LocalPlatform, similarity: ServiceSpec) -> str | None:
    """One count into `ab_metrics`, as the similarity service's task."""
    dynamodb = platform.aws("dynamodb", platform.task_session(similarity))
    return _refusal(
        lambda: dynamodb.update_item(
            TableName=similarity.container.environment["METRICS_TABLE"],
            Key={"experiment_id": {"S": "test"}, "timestamp": {"S": "0#v1#test"}},
            UpdateExpression="ADD requests_count :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    )


def _read_manifest(platform: LocalPlatform, similarity: ServiceSpec) -> str | None:
    s3 = platform.aws("s3", platform.task_session(similarity))
    bucket = similarity.container.environment["EMBEDDINGS_BUCKET"]
    return _refusal(lambda: s3.get_object(Bucket=bucket, Key="embeddings/v1/manifest.json"))


@pytest.mark.parametrize(
    ("action", "attempt"),
    [
        pytest.param("dynamodb:UpdateItem", _count, id="counting into ab_metrics"),
        pytest.param("s3:GetObject", _read_manifest, id="reading the models"),
        pytest.param("kms:Decrypt", _read_manifest, id="the key of the models"),
    ],
)
def test_taking_one_grant_out_of_a_template_is_access_denied(
    platform: LocalPlatform,
    similarity: ServiceSpec,
    tmp_path: Path,
    action: str,
    attempt: Callable[[LocalPlatform, ServiceSpec], str | None],
) -> None:
    assert attempt(platform, similarity) is None

    changed = platform.up(
        assembly=without_grant(platform.assembly, tmp_path / "local", ROLE_PATH, action)
    )
    try:
        assert changed.returncode == 0, changed.stderr
        assert attempt(platform, similarity) in ("AccessDenied", "AccessDeniedException")
    finally:
        restored = platform.up()
    assert restored.returncode == 0, restored.stderr
    assert attempt(platform, similarity) is None


def test_a_service_that_may_not_read_its_models_does_not_replace_the_one_that_may(
    platform: LocalPlatform, tmp_path: Path
) -> None:
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
        return _refusal(lambda: s3.get_object(Bucket=bucket, Key=key))

    assert read("embeddings/v2/manifest.json") is None
    assert read("catalogue/manifest.json") == "AccessDenied"
    assert _refusal(lambda: s3.put_object(Bucket=bucket, Key="embeddings/x")) == "AccessDenied"


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

    assert _refusal(lambda: dynamodb.transact_write_items(TransactItems=[allowed])) is None
    assert (
        _refusal(lambda: dynamodb.transact_write_items(TransactItems=[allowed, refused]))
        == "AccessDeniedException"
    )


def test_only_the_execution_role_reads_the_caches_password(
    platform: LocalPlatform, similarity: ServiceSpec
) -> None:
    secret = platform.outputs["CacheSecretArn"]

    def read(session: boto3.Session) -> str | None:
        client = platform.aws("secretsmanager", session)
        return _refusal(lambda: client.get_secret_value(SecretId=secret))

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
