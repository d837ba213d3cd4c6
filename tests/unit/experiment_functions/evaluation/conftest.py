"""The evaluating functions over a bucket and a stream in memory."""

import json

import boto3
import pytest
from moto import mock_aws

from experiment_functions import evaluate_flag, evaluation_settings
from kindred.experiments.events import decode
from kindred_aws.definition_store import DefinitionStore

REGION = "us-east-1"
PAYLOAD = {
    "features": {
        "colour": {
            "defaultValue": "grey",
            "rules": [{"id": "german", "condition": {"country": "DE"}, "force": "gold"}],
        },
        "layout": {"rules": [{"key": "layout", "variations": ["grid", "list"]}]},
    },
    "experiments": [
        {
            "key": "button",
            "variations": ["grey", "green"],
            "meta": [{"key": "control"}, {"key": "green"}],
            "hashVersion": 2,
            "segments": ["country", "premium", "tags"],
            "startedAt": "2026-03-01T00:00:00+00:00",
        }
    ],
}


FIRST_GENERATION = json.dumps({"number": 1, "since": "2000-01-01T00:00:00Z", "key": "k" * 64})


class Cloud:
    def __init__(self):
        self.s3 = boto3.client("s3", region_name=REGION)
        self.kinesis = boto3.client("kinesis", region_name=REGION)
        self.s3.create_bucket(Bucket="definitions")
        self.kinesis.create_stream(StreamName="events", ShardCount=1)
        self.secrets = boto3.client("secretsmanager", region_name=REGION)
        self.secrets.create_secret(Name="pseudonyms", SecretString=FIRST_GENERATION)
        self.revision = 0

    def publish(self, payload):
        self.revision += 1
        store = DefinitionStore(self.s3, "definitions")
        store.publish(payload, revision=self.revision)

    def events(self):
        shard = self.kinesis.describe_stream(StreamName="events")["StreamDescription"]["Shards"][0]
        iterator = self.kinesis.get_shard_iterator(
            StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = self.kinesis.get_records(ShardIterator=iterator)["Records"]
        return [(record["PartitionKey"], decode(record["Data"])) for record in records]


@pytest.fixture
def empty_cloud(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("DEFINITIONS_BUCKET", "definitions")
    monkeypatch.setenv("KINESIS_STREAM_NAME", "events")
    monkeypatch.setenv("PSEUDONYM_SECRET_ARN", "pseudonyms")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Kindred")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")
    for cached in (
        evaluation_settings.evaluation_settings,
        evaluation_settings.current_snapshot,
        evaluation_settings.event_stream,
        evaluation_settings.pseudonym_secret,
        evaluate_flag.recent_results,
    ):
        cached.cache_clear()
    with mock_aws():
        yield Cloud()


@pytest.fixture
def cloud(empty_cloud):
    empty_cloud.publish(PAYLOAD)
    return empty_cloud


@pytest.fixture
def emitted(capsys):
    def read():
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return next((line for line in reversed(lines) if "_aws" in line), {})

    return read
