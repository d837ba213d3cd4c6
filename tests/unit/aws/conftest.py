import boto3
import pytest


@pytest.fixture
def dynamodb(aws):
    client = boto3.client("dynamodb", region_name="us-east-1")
    _table(client, "ab_experiments", "experiment_id")
    _table(client, "ab_metrics", "experiment_id", "timestamp")
    _table(client, "request_log", "record_id")
    _table(client, "counters", "experiment_id", "variation_metric")
    _table(client, "ledger", "id")
    return client


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
