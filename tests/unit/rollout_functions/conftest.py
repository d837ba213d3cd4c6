"""The API's functions with tables, a registry and a reconciler that notes how it is called."""

from __future__ import annotations

import json
from functools import cache

import pytest
from botocore.session import get_session
from moto import mock_aws

from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.in_process import attach
from rollout_functions import api_settings, inference, inference_settings
from tests.pseudonyms import SecretFake
from tests.unit.rollout_functions.fake_sagemaker import FakeSageMaker
from tests.unit.rollout_functions.inference_calls import FEATURES
from tests.unit.rollout_functions.proxy_events import proxy_event

REGION = "us-east-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": REGION,
    "POWERTOOLS_METRICS_NAMESPACE": "Kindred",
    "POWERTOOLS_SERVICE_NAME": "inference",
    "DEPLOYMENTS_TABLE": "deployments",
    "ENDPOINTS_TABLE": "endpoints",
    "ENDPOINT_PREFIX": "kindred-dev-",
    "ENDPOINTS": "embeddings,ranking",
    "ENDPOINT_NAME": "kindred-dev-embeddings",
    "METRICS_NAMESPACE": "Kindred",
    "MODEL_PACKAGE_GROUP": "kindred-dev-models",
    "RECONCILE_FUNCTION": "kindred-dev-reconcile",
    "TRAINING_BUCKET": "training",
    "DATA_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/1",
    "INSTANCE_TYPE": "ml.m5.large",
}


class Reconciler:
    """Of Lambda's client the one call that matters here; `failure` is what it raises."""

    def __init__(self):
        self.calls = []
        self.failure = None

    def invoke(self, **call):
        if self.failure:
            raise self.failure
        self.calls.append(
            (call["FunctionName"], call["InvocationType"], json.loads(call["Payload"]))
        )


@pytest.fixture
def reconciler():
    return Reconciler()


@pytest.fixture
def sagemaker():
    return FakeSageMaker()


@pytest.fixture
def environment(monkeypatch):
    """What the functions are told; nothing of AWS is there to be asked."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    # Its loader keeps the descriptions of services, which take most of a test's time to read.
    monkeypatch.setattr("botocore.session.get_session", shared_session)
    forget()
    monkeypatch.setattr("rollout_functions.inference.pseudonym_secret", SecretFake)
    yield
    forget()


@cache
def shared_session():
    return get_session()


@pytest.fixture
def runtime(environment, sagemaker):
    """The inference function's own client, at the fake."""
    attach(inference_settings.model()._client, ControlPlane([sagemaker]))


@pytest.fixture
def send(runtime):
    """Asks /inference: status, document and headers of the answer."""

    def sent(**changes):
        body = {"user_id": "user-1", "features": FEATURES, **changes}
        event = proxy_event("POST", "/inference", body, groups=None)
        answered = inference.handler(event, None)
        return answered["statusCode"], json.loads(answered["body"]), answered["headers"]

    return sent


@pytest.fixture
def clients(environment, monkeypatch, sagemaker, reconciler):
    with mock_aws():
        made = {
            name: shared_session().create_client(name, region_name=REGION)
            for name in ("dynamodb", "s3", "sagemaker")
        }
        attach(made["sagemaker"], ControlPlane([sagemaker]))
        made["s3"].create_bucket(Bucket="training")
        create_tables(made["dynamodb"])
        made["lambda"] = reconciler
        monkeypatch.setattr(api_settings, "_client", made.__getitem__)
        yield made


def create_tables(dynamodb):
    names = ("deployment_id", "endpoint", "created_at", "unfinished")
    hashed = [{"AttributeName": "endpoint", "KeyType": "HASH"}]
    indexes = {
        "by_endpoint": [*hashed, {"AttributeName": "created_at", "KeyType": "RANGE"}],
        "unfinished": [{"AttributeName": "unfinished", "KeyType": "HASH"}],
    }
    dynamodb.create_table(
        TableName="deployments",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
        KeySchema=[{"AttributeName": "deployment_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": projected}}
            for (name, keys), projected in zip(indexes.items(), ("ALL", "KEYS_ONLY"), strict=True)
        ],
    )
    dynamodb.create_table(
        TableName="endpoints",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "endpoint", "AttributeType": "S"}],
        KeySchema=hashed,
    )


def forget():
    for module in (api_settings, inference_settings):
        for cached in vars(module).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
