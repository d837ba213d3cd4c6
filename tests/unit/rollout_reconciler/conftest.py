import os

import boto3
import pytest
from moto import mock_aws

from tests.unit.rollout_reconciler.world import REGION, World, make_tables

# Powertools reads it when a handler's module is imported, which Lambda does with its environment.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Kindred")

# These two are the local SageMaker's.
PASSED_BY = {"core": {"passthrough": {"urls": [r".*sagemaker.*", r".*autoscaling.*"]}}}


@pytest.fixture
def account(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws(config=PASSED_BY):
        yield


@pytest.fixture
def new_world(account):
    """Each with tables of its own."""

    def made():
        dynamodb = boto3.client("dynamodb", region_name=REGION)
        events = boto3.client("events", region_name=REGION)
        for name in dynamodb.list_tables()["TableNames"]:
            dynamodb.delete_table(TableName=name)
        for bus in events.list_event_buses()["EventBuses"]:
            if bus["Name"] != "default":
                events.delete_event_bus(Name=bus["Name"])
        make_tables(dynamodb, events)
        return World()

    return made


@pytest.fixture
def world(new_world):
    return new_world()
