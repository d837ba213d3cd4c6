"""The tables and the topic of the daily functions, and the environment that names them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from decision_functions import decision_settings

# Powertools reads it when a handler's module is imported, which Lambda does with its environment.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Kindred")

REGION = "us-east-1"
EXPERIMENT = "embedding_v1_vs_v2"
COLUMNS = {
    "requests_count": 10_000,
    "errors_count": 10,
    "impressions_count": 10_000,
    "clicks_count": 250,
    "avg_latency_ms": 20.5,
    "p99_latency_ms": 60.25,
}


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name, value in (
        ("EXPERIMENTS_TABLE", "ab_experiments"),
        ("METRICS_TABLE", "ab_metrics"),
        ("EMBEDDING_EXPERIMENT_ID", EXPERIMENT),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        _forget()
        yield _resources(monkeypatch)
        _forget()


def _resources(monkeypatch):
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    _table(dynamodb, "ab_experiments", "experiment_id")
    _table(dynamodb, "ab_metrics", "experiment_id", "timestamp")
    sns = boto3.client("sns", region_name=REGION)
    sqs = boto3.client("sqs", region_name=REGION)
    topic = sns.create_topic(Name="winners")["TopicArn"]
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    monkeypatch.setenv("WINNER_TOPIC_ARN", topic)

    def heard():
        """The notices since it was last asked."""
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    return SimpleNamespace(dynamodb=dynamodb, heard=heard)


@pytest.fixture
def put_experiment(aws):
    def put(**changes):
        item = {
            "status": {"S": "active"},
            "v1_weight": {"N": "0.5"},
            "revision": {"N": "1"},
            "start_date": {"S": "2026-11-01"},
            **changes,
        }
        item = {name: value for name, value in item.items() if value is not None}
        aws.dynamodb.put_item(
            TableName="ab_experiments",
            Item={"experiment_id": {"S": EXPERIMENT}, **item},
        )

    return put


@pytest.fixture
def experiment(aws):
    """The experiment's item, as plain values."""

    def read():
        item = aws.dynamodb.get_item(
            TableName="ab_experiments", Key={"experiment_id": {"S": EXPERIMENT}}
        )["Item"]
        return {
            name: float(value["N"]) if "N" in value else value["S"] for name, value in item.items()
        }

    return read


@pytest.fixture
def put_window(aws):
    """A minute's item as a task of a service writes it; `at` is a time of day, as in 12:30."""

    def put(day, arm, at="12:00", writer="task-1", experiment_id=EXPERIMENT, **columns):
        start = int(datetime.fromisoformat(f"{day}T{at}:00").replace(tzinfo=UTC).timestamp())
        values = {**COLUMNS, **columns, "window_start": start}
        aws.dynamodb.put_item(
            TableName="ab_metrics",
            Item={
                "experiment_id": {"S": experiment_id},
                "timestamp": {"S": f"{start}#{arm}#{writer}"},
                "arm": {"S": arm},
                **{
                    name: {"S": value} if isinstance(value, str) else {"N": str(value)}
                    for name, value in values.items()
                },
            },
        )

    return put


@pytest.fixture
def due():
    """The event of the schedule, as EventBridge Scheduler fills in its input."""

    def event(on, at="01:00", **more):
        return {"scheduled_at": f"{on}T{at}:00Z", **more}

    return event


def _forget():
    for each in ("settings", "daily_metrics", "shifts", "winner_topic"):
        getattr(decision_settings, each).cache_clear()


def _table(client, name, *keys):
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
    )
