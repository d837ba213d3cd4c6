import json
import uuid

import boto3
import pytest
from moto import mock_aws

from privacy_functions import rotate_cache_password
from privacy_functions.rotate_cache_password import UserNotChanged

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FIRST = "first-password-0123456789"


class ElastiCacheFake:
    """A user that takes a while to change."""

    def __init__(self):
        self.passwords, self.statuses = [FIRST], ["active"]

    def modify_user(self, *, UserId, Passwords):
        assert UserId == "kindred-dev-kindred"
        self.passwords, self.statuses = Passwords, ["modifying", "active"]

    def describe_users(self, *, UserId):
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        count = len(self.passwords)
        return {"Users": [{"Status": status, "Authentication": {"PasswordCount": count}}]}


class Context:
    milliseconds = 60_000

    def get_remaining_time_in_millis(self):
        return self.milliseconds


@pytest.fixture
def cache(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "VALKEY_USER_ID": "kindred-dev-kindred",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    fake, client = ElastiCacheFake(), boto3.client
    monkeypatch.setattr(rotate_cache_password.time, "sleep", lambda _: None)
    with mock_aws():
        secrets = client("secretsmanager")
        held = json.dumps({"username": "kindred", "password": FIRST})
        secrets.create_secret(Name="s", SecretString=held)
        fakes = {"elasticache": fake, "secretsmanager": secrets}
        monkeypatch.setattr(rotate_cache_password.boto3, "client", fakes.__getitem__)
        fake.secrets = secrets
        yield fake


def rotate(version, *steps):
    for step in steps:
        event = {"Step": step, "SecretId": "s", "ClientRequestToken": version}
        rotate_cache_password.handler(event, Context())


def password(cache):
    held = cache.secrets.get_secret_value(SecretId="s", VersionStage="AWSCURRENT")
    return json.loads(held["SecretString"])["password"]


def test_the_password_that_tasks_hold_stays_good_until_the_next_rotation(cache):
    rotate(str(uuid.uuid4()), *STEPS)
    second = password(cache)
    assert (cache.passwords, len(second)) == ([second, FIRST], 64)

    rotate(str(uuid.uuid4()), *STEPS)
    assert cache.passwords == [password(cache), second]


def test_nothing_is_read_anew_before_valkey_takes_it(cache):
    version = str(uuid.uuid4())
    rotate(version, *STEPS[:3])
    assert password(cache) == FIRST

    cache.statuses = ["modifying"]
    Context.milliseconds = 9_000
    with pytest.raises(UserNotChanged, match="modifying"):
        rotate(version, "testSecret")
    Context.milliseconds = 60_000


def test_a_trial_of_the_function_passes_before_anything_has_rotated(cache):
    version = str(uuid.uuid4())
    held = json.dumps({"username": "kindred", "password": FIRST})
    cache.secrets.put_secret_value(
        SecretId="s", ClientRequestToken=version, SecretString=held, VersionStages=["AWSPENDING"]
    )

    rotate(version, "testSecret")


def test_every_step_may_come_again(cache):
    version = str(uuid.uuid4())
    rotate(version, *(step for step in STEPS[:3] for _ in range(2)), STEPS[3], STEPS[3])

    assert cache.passwords == [password(cache), FIRST]
