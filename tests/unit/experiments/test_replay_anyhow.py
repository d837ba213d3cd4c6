"""Replaying the stream anyhow, through the function and into the tables, changes nothing."""

from __future__ import annotations

import base64
import json
import random
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from experiment_functions import process_events, stream_settings
from kindred_aws.experiment_counters import ExperimentCounters

pytestmark = pytest.mark.slow

UNITS, EVENTS = 12, 120


@pytest.fixture
def dynamodb(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "DYNAMODB_TABLE_NAME": "counters",
        "LEDGER_TABLE": "ledger",
        "POWERTOOLS_METRICS_NAMESPACE": "Kindred",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    stream_settings.ledger.cache_clear()
    stream_settings.counting_settings.cache_clear()
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for table, *keys in (("counters", "experiment_id", "variation_metric"), ("ledger", "id")):
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}
                    for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            )
        yield client
    stream_settings.ledger.cache_clear()
    stream_settings.counting_settings.cache_clear()


def stream(seed):
    """A shard's records, of a dozen units that are exposed, convert and cross over."""
    rng = random.Random(seed)
    records = []
    for number in range(EVENTS):
        unit = f"unit-{rng.randrange(UNITS)}"
        event = {
            "event_id": f"event-{number:016d}",
            "occurred_at": (
                datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=rng.randrange(60))
            ).isoformat(),
            "unit_id": unit,
            "experiment_id": "e",
            "variation": rng.choice("ab"),
        }
        if rng.random() < 0.3:
            event |= {
                "type": "exposure",
                "segments": {"os": rng.choice(["ios", "android"])},
                "covariate": rng.randrange(100) / 10,
                "served": rng.choice("aab"),
            }
        else:
            event |= {
                "type": "conversion",
                "metric": rng.choice(["orders", "revenue"]),
                "value": rng.randrange(-1000, 10_000) / 100,
                "cross": ["orders", "revenue"],
            }
        records.append(
            {
                "kinesis": {
                    "partitionKey": unit,
                    "sequenceNumber": str(10**55 + number),
                    "data": base64.b64encode(json.dumps(event).encode()).decode(),
                    "approximateArrivalTimestamp": 1_767_225_600.0,
                },
                "eventID": f"shardId-000000000000:{10**55 + number}",
            }
        )
    return records


def anyhow(records, rng):
    """Batches as an unlucky shard gives them: cut anywhere, some of them again, then all again.

    A batch comes again before a later one does, as Lambda and Kinesis have it.
    """
    start = 0
    while start < len(records):
        end = min(len(records), start + rng.randint(1, 40))
        yield records[start:end]
        while rng.random() < 0.5:
            # From anywhere before: a bisected batch, a checkpoint that was lost.
            first = rng.randint(0, end - 1)
            yield records[first : rng.randint(first + 1, end)]
        start = end
    for first in range(0, len(records), 25):
        yield records[first : first + 25]


def counted(dynamodb):
    return ExperimentCounters(dynamodb, table_name="counters").read("e")


def handle(records):
    answer = process_events.handler({"Records": records}, None)
    assert answer == {"batchItemFailures": []}


def forget_everything(dynamodb):
    for table, *keys in (("counters", "experiment_id", "variation_metric"), ("ledger", "id")):
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys})


@pytest.mark.parametrize("seed", range(4))
def test_any_batches_give_what_one_gives(dynamodb, seed):
    handle(stream(seed))
    once = counted(dynamodb)
    forget_everything(dynamodb)
    assert once.exposed("a").units > 0

    for batch in anyhow(stream(seed), random.Random(seed)):
        handle(batch)

    assert counted(dynamodb) == once
