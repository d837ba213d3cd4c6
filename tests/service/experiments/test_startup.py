"""The service as its task starts it, from its environment to its first answers."""

import uuid

import pytest
from aws_lambda_powertools import Logger
from fastapi.testclient import TestClient

from experiments_service.main import create_app
from experiments_service.settings import read_settings
from experiments_service.startup import assemble
from tests.service.experiments.evaluation_fixtures import free_port


@pytest.fixture
def started(migrated, user_pool, valkey_port, monkeypatch):
    """A client of the service that a task's environment makes; nothing of AWS answers."""

    def start(**changes):
        nowhere = f"http://127.0.0.1:{free_port()}"
        environment = {
            "ENVIRONMENT": "test",
            "SERVICE_NAME": "experiments",
            "METRICS_NAMESPACE": "Kindred",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_ENDPOINT_URL": nowhere,
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": user_pool.url.split("/eu-central")[0],
            "DATABASE_URL": f"postgresql://kindred@127.0.0.1:{migrated.port}/kindred",
            "DATABASE_CA_FILE": str(migrated.authority),
            "REDIS_URL": f"redis://127.0.0.1:{valkey_port}",
            "SECRET_KEY": "s" * 32,
            "AUDIT_HMAC_SECRET": "a" * 32,
            "CLIENT_KEY": "client-key",
            "COGNITO_USER_POOL_ID": "eu-central-1_test",
            "COGNITO_CLIENT_ID": "client-of-kindred",
            "DYNAMODB_TABLE_NAME": "counters",
            "KINESIS_STREAM_NAME": "events",
            "PSEUDONYM_SECRET_ARN": "pseudonyms",
            "DEFINITIONS_BUCKET": "definitions",
            **changes,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        logger = Logger(service=f"test-{uuid.uuid4()}", level="CRITICAL")
        return TestClient(create_app(assemble(read_settings(environment), logger)))

    return start


def test_a_started_task_serves_from_the_database_by_the_pools_tokens(started, user_pool):
    token = user_pool.token("experimenter")
    with started() as client:
        headers = {"Authorization": f"Bearer {token}"}
        flag = {"key": "at-start", "type": "boolean", "default_value": True, "off_value": False}
        created = client.post(
            "/api/v1/feature-flags", json=flag | {"enabled": True}, headers=headers
        )
        evaluated = client.post(
            "/ofrep/v1/evaluate/flags/at-start", json={"context": {"targetingKey": "u"}}
        )
        ready = client.get("/readyz")

    assert created.status_code == 201
    assert (evaluated.status_code, evaluated.json()["value"]) == (200, True)
    assert (ready.status_code, ready.json()["database"]) == (200, "reachable")
    assert ready.json()["valkey"] == "reachable"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"DATABASE_URL": f"postgresql://kindred@127.0.0.1:{free_port()}/kindred"},
            id="it is away",
        ),
        pytest.param(
            {"DATABASE_LOGIN": '{"username": "nobody", "password": "none"}'}, id="it refuses"
        ),
    ],
)
def test_a_task_that_loses_its_database_says_so_and_is_not_taken_out(started, user_pool, changes):
    headers = {"Authorization": f"Bearer {user_pool.token('experimenter')}"}
    with started(**changes) as client:
        ready = client.get("/readyz").json()
        asked = client.get("/api/v1/experiments", headers=headers)

    assert (asked.status_code, asked.json()["type"]) == (
        503,
        "urn:kindred:problem:database-unavailable",
    )
    assert (ready["database"], ready["replica"]) == ("unreachable", "unreachable")
    assert "database" in ready["definitions_lost"]
