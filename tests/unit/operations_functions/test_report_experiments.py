import json
from dataclasses import asdict
from datetime import date, timedelta

import boto3
import pytest

from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.definitions import (
    Definitions,
)
from kindred_aws.daily_metrics_table import DailyMetricsTable
from kindred_aws.definition_store import SOURCE, DefinitionStore
from operations_functions import report_experiments
from tests.unit.reporting.button import BUTTON

MODELS = "embedding_v1_vs_v2"


@pytest.fixture
def stores(aws, monkeypatch):
    dynamodb = boto3.client("dynamodb")
    for name, *keys in (
        ("ab_experiments", "experiment_id"),
        ("ab_metrics", "experiment_id", "timestamp"),
        ("counters", "experiment_id", "variation_metric"),
    ):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": key, "KeyType": kind}
                for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="definitions")
    for name, value in {
        "EXPERIMENTS_TABLE": "ab_experiments",
        "METRICS_TABLE": "ab_metrics",
        "EMBEDDING_EXPERIMENT_ID": MODELS,
        "DYNAMODB_TABLE_NAME": "counters",
        "DEFINITIONS_BUCKET": "definitions",
    }.items():
        monkeypatch.setenv(name, value)
    return dynamodb, DefinitionStore(s3, "definitions", key=SOURCE)


def test_a_week_is_mailed_from_what_services_and_functions_left(aws, stores, due):
    dynamodb, source = stores
    definitions = Definitions(revision=7, experiments=(BUTTON,))
    # As the experiments service leaves its copy, in one spelling of JSON.
    copy = json.loads(json.dumps({"definitions": asdict(definitions), "read_at": 1.0}))
    source.publish(copy, revision=7)
    dynamodb.put_item(
        TableName="ab_experiments",
        Item={
            "experiment_id": {"S": MODELS},
            "status": {"S": "active"},
            "v1_weight": {"N": "0.5"},
            "shift_stage": {"S": "watching"},
            "shift_reason": {"S": "v2 has most of the traffic"},
        },
    )
    days = DailyMetricsTable(dynamodb, table_name="ab_metrics", experiment_id=MODELS)
    for offset in (1, 7, 8):
        day = date(2026, 11, 23) - timedelta(days=offset)
        days.put(DailyMetrics(arm="v2", day=day, windows_count=1, requests_count=1_000))
    for variation, units in (("grey", 10), ("red", 12)):
        dynamodb.put_item(
            TableName="counters",
            Item={
                "experiment_id": {"S": "button"},
                "variation_metric": {"S": f"{variation}#-#2026-11-20#all#00"},
                "units": {"N": str(units)},
            },
        )

    answer = report_experiments.handler(due("2026-11-23"), None)

    assert answer == {"day": "2026-11-22", "experiments": ["button"]}
    [mail] = aws.mailed()
    assert mail["Subject"] == "Kindred prod: experiments of the week to 2026-11-22: 2"
    assert "watching: v2 has most of the traffic" in mail["Message"]
    # Of seven days, without the eighth.
    assert "v2      50 %     2,000" in mail["Message"]
    assert "Red button (button, running)" in mail["Message"]


def test_a_platform_on_which_nothing_was_ever_tested_has_a_report_too(aws, stores, due):
    assert report_experiments.handler(due("2026-11-23"), None)["experiments"] == []
    [mail] = aws.mailed()
    assert "No test of models has a record." in mail["Message"]
