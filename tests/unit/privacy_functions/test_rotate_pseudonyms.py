import json
import uuid

import boto3
import pytest
from moto import mock_aws

from kindred.privacy.generations import read_pseudonyms
from privacy_functions import rotate_pseudonyms

FIRST = json.dumps({"number": 1, "since": "2000-01-01T00:00:00+00:00", "key": "a" * 64})
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


@pytest.fixture
def secrets(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "KEEP_DAYS": "1131",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("secretsmanager")
        client.create_secret(Name="s", SecretString=FIRST)
        yield client


def rotate(version, *steps):
    for step in steps:
        event = {"Step": step, "SecretId": "s", "ClientRequestToken": version}
        rotate_pseudonyms.handler(event, None)


def held(client, stage="AWSCURRENT"):
    return client.get_secret_value(SecretId="s", VersionStage=stage)["SecretString"]


def test_a_rotation_adds_a_generation_and_keeps_the_one_before(secrets):
    rotate(str(uuid.uuid4()), *STEPS)

    first, second = read_pseudonyms(held(secrets)).generations
    assert (first.number, first.key, second.number) == (1, "a" * 64, 2)
    assert len(second.key) == 64


def test_nothing_is_in_force_before_the_last_step(secrets):
    rotate(str(uuid.uuid4()), *STEPS[:3])

    assert held(secrets) == FIRST


def test_every_step_may_come_again(secrets):
    version = str(uuid.uuid4())
    rotate(version, *(step for step in STEPS for _ in range(2)))
    rotate(version, *STEPS)

    assert len(read_pseudonyms(held(secrets)).generations) == 2


def test_a_version_that_would_change_pseudonyms_of_today_is_refused(secrets):
    version = str(uuid.uuid4())
    other = json.dumps({"number": 2, "since": "2000-01-01T00:00:00+00:00", "key": "z" * 64})
    secrets.put_secret_value(
        SecretId="s", ClientRequestToken=version, SecretString=other, VersionStages=["AWSPENDING"]
    )

    with pytest.raises(ValueError, match="in force"):
        rotate(version, "testSecret")
