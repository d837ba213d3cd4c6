"""The environment of the experiments service, in the names that people know."""

import pytest

from experiments_service.settings import read_settings
from kindred_service.settings import InvalidSettings

COMPLETE = {
    "ENVIRONMENT": "dev",
    "SERVICE_NAME": "experiments",
    "METRICS_NAMESPACE": "Kindred",
    "AWS_REGION": "eu-central-1",
    "DATABASE_URL": "postgresql://writer.example:5432/kindred",
    "DATABASE_LOGIN": '{"username": "kindred_1", "password": "hunter2"}',
    "REDIS_URL": "rediss://kindred@cache.example:6380?cluster=true",
    "REDIS_PASSWORD": "hunter3",
    "SECRET_KEY": "s" * 32,
    "AUDIT_HMAC_SECRET": "a" * 32,
    "CLIENT_KEY": "client",
    "COGNITO_USER_POOL_ID": "eu-central-1_x",
    "COGNITO_CLIENT_ID": "c",
    "DYNAMODB_TABLE_NAME": "counters",
    "KINESIS_STREAM_NAME": "events",
    "PSEUDONYM_SECRET_ARN": "pseudonyms",
    "DEFINITIONS_BUCKET": "definitions",
}


def test_the_documented_variables_have_their_documented_meaning():
    settings = read_settings(COMPLETE)

    database, cache = settings.database, settings.cache
    assert database.writer.render_as_string(hide_password=False) == (
        "postgresql+asyncpg://kindred_1:hunter2@writer.example:5432/kindred"
    )
    assert database.reader == database.writer
    assert (database.pool_size, database.max_overflow, database.pool_timeout_seconds) == (
        20,
        10,
        30,
    )
    assert (cache.host, cache.port, cache.username, cache.password) == (
        "cache.example",
        6380,
        "kindred",
        "hunter3",
    )
    assert (cache.cluster, cache.tls, cache.ttl_seconds, cache.max_size) == (True, True, 60, 10_000)
    assert settings.identity.issuer == (
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x"
    )
    assert (settings.counters_region, settings.event_stream_region) == ("eu-central-1",) * 2


def test_a_replica_a_password_in_its_url_and_an_endpoint_are_taken():
    settings = read_settings(
        COMPLETE
        | {
            "DATABASE_REPLICA_URL": "postgresql://u:p@reader.example/kindred?sslmode=disable",
            "AWS_ENDPOINT_URL": "http://localhost:4566",
            "DATABASE_POOL_SIZE": "5",
        }
    )

    assert (settings.database.reader.host, settings.database.reader.password) == (
        "reader.example",
        "p",
    )
    # TLS is not a matter of choice.
    assert dict(settings.database.reader.query) == {}
    assert settings.database.pool_size == 5
    assert settings.identity.endpoint == "http://localhost:4566"
    assert settings.identity.issuer.startswith("https://cognito-idp.")


@pytest.mark.parametrize(
    ("change", "clients"),
    [
        pytest.param({}, ("c",), id="of programs alone"),
        pytest.param({"COGNITO_CONSOLE_CLIENT_ID": "d"}, ("c", "d"), id="and of the console"),
    ],
)
def test_tokens_of_these_clients_are_taken(change, clients):
    assert read_settings(COMPLETE | change).identity.client_ids == clients


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY: given 5 characters, allowed 32 or more"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL: allowed is postgresql://"),
        ({"DATABASE_URL": ""}, "DATABASE_URL: not set"),
        ({"DATABASE_LOGIN": "hunter2"}, "DATABASE_LOGIN: allowed is {"),
        ({"DATABASE_LOGIN": '{"username": "hunter2"}'}, "DATABASE_LOGIN: allowed is {"),
        ({"REDIS_URL": "http://cache"}, "REDIS_URL: allowed is rediss://"),
        ({"REDIS_CACHE_TTL": "0"}, "REDIS_CACHE_TTL: given '0', allowed 1 to 3600"),
        ({"APPROVALS_REQUIRED": "yes"}, "APPROVALS_REQUIRED: given 'yes', allowed true, false"),
        ({"SENDGRID_API_KEY": "x"}, "SENDGRID_API_KEY: set without EMAIL_TO and EMAIL_FROM"),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_allowed(change, message):
    with pytest.raises(InvalidSettings, match=message):
        read_settings(COMPLETE | change)


def test_all_problems_are_named_at_once_and_no_secret_is():
    with pytest.raises(InvalidSettings) as caught:
        read_settings(
            {
                "DATABASE_URL": "postgresql:hunter2",
                "DATABASE_LOGIN": "hunter2",
                "SECRET_KEY": "hunter2",
            }
        )

    assert str(caught.value).count("not set") >= 10
    assert "hunter2" not in str(caught.value)


def test_no_secret_is_shown():
    given = COMPLETE | {"SLACK_BOT_TOKEN": "xoxb-1", "ANTHROPIC_API_KEY": "sk-ant-1"}
    shown = repr(read_settings(given))

    for secret in ("hunter2", "hunter3", "s" * 32, "a" * 32, "xoxb-1", "sk-ant-1"):
        assert secret not in shown
