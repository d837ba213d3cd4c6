"""A stream's batches as Lambda gives them, and what its consumers write to."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from experiment_functions import stream_observation, stream_settings

ARRIVED_AT = 1_767_225_600.25


def sequence_number(number):
    return str(49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898 + number)


def kinesis_record(number, data, shard="shardId-000000000006"):
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": f"unit-{number}",
            "sequenceNumber": sequence_number(number),
            "data": base64.b64encode(data).decode() if isinstance(data, bytes) else data,
            "approximateArrivalTimestamp": ARRIVED_AT + number / 100,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{sequence_number(number)}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
        "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/events",
    }


def event_document(number, **changes):
    return json.dumps(
        {
            "type": "exposure",
            "event_id": f"event-{number:016d}",
            "occurred_at": datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
            "unit_id": f"unit-{number}",
            "experiment_id": "e",
            "variation": "a",
            **changes,
        }
    ).encode()


@pytest.fixture
def record():
    return kinesis_record


@pytest.fixture
def document():
    return event_document


@pytest.fixture
def aws(monkeypatch):
    """Tables and a queue; gives the clients by service, and the queue's URL."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "DYNAMODB_REGION": "us-east-1",
        "DYNAMODB_TABLE_NAME": "counters",
        "LEDGER_TABLE": "ledger",
        "POWERTOOLS_METRICS_NAMESPACE": "Kindred",
        "POWERTOOLS_SERVICE_NAME": "experiments",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    forget()
    with mock_aws():
        clients = {
            name: boto3.client(name, region_name="us-east-1") for name in ("dynamodb", "sqs")
        }
        for table, *keys in (("counters", "experiment_id", "variation_metric"), ("ledger", "id")):
            clients["dynamodb"].create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}
                    for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            )
        clients["queue"] = clients["sqs"].create_queue(QueueName="dead")["QueueUrl"]
        monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", clients["queue"])
        yield clients
    forget()


def forget():
    for module in (stream_settings, stream_observation):
        for cached in vars(module).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()


@pytest.fixture
def letters(aws):
    """Takes what lies in the dead-letter queue."""

    def take():
        found = []
        while (
            messages := aws["sqs"]
            .receive_message(QueueUrl=aws["queue"], MaxNumberOfMessages=10, WaitTimeSeconds=0)
            .get("Messages")
        ):
            for message in messages:
                found.append(json.loads(message["Body"]))
                aws["sqs"].delete_message(
                    QueueUrl=aws["queue"], ReceiptHandle=message["ReceiptHandle"]
                )
        return found

    return take
