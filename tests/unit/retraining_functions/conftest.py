"""The machine's surroundings: S3, tables and machine by moto, SageMaker by the local one."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from types import SimpleNamespace

import boto3
import numpy as np
import pytest
from moto import mock_aws

from kindred.prediction.calibration import fit_track_record
from kindred.similarity.artefact import load_artefact, write_artefact
from kindred.similarity.catalogue import Catalogue, write_catalogue
from kindred.similarity.fitting import embed_all, fit_model
from kindred.similarity.learned_map import MEASURES, LearnedMap
from ops.catalogue.generated_apps import generate_apps
from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.endpoint_changes import Surroundings
from ops.local.sagemaker.faults import Faults
from ops.local.sagemaker.in_process import attach
from ops.local.sagemaker.model_registry import ModelRegistry
from ops.local.sagemaker.pace import Pace
from ops.local.sagemaker.server import endpoint_parts
from retraining_functions import collaborators, retraining_settings
from retraining_functions import test_staging as staging_test
from tests.unit.retraining_functions.course import METRICS
from tests.unit.retraining_functions.fake_lake import FakeLake
from tests.unit.retraining_functions.fake_stores import FeatureStore, ModelOf

os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Kindred")

REGION = "us-east-1"
GROUP = "kindred-local-embeddings"
MACHINE_ROLE = "arn:aws:iam::123456789012:role/machine"
VARIABLES = {
    "TRAINING_BUCKET": "training",
    "EMBEDDINGS_BUCKET": "embeddings",
    "EVENTS_DATABASE": "kindred_local_events",
    "EVENTS_TABLE": "events",
    "ATHENA_WORKGROUP": "kindred-local",
    "FEATURE_GROUP": "app_features",
    "RETRAINING_TABLE": "retraining",
    "EXPERIMENTS_TABLE": "ab_experiments",
    "EMBEDDING_EXPERIMENT_ID": "embedding_v1_vs_v2",
    "MODEL_PACKAGE_GROUP": GROUP,
    "TRAINING_JOB_PREFIX": "kindred-local-",
    "STAGING_ENDPOINT": "kindred-local-staging",
    "STAGING_INSTANCE_TYPE": "ml.m5.large",
    "EXECUTION_ROLE_ARN": "arn:aws:iam::123456789012:role/models",
    "INFERENCE_IMAGE_URI": "123456789012.dkr.ecr.us-east-1.amazonaws.com/assets:1",
    "DATA_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/1",
    "SUBNET_IDS": "subnet-1, subnet-2",
    "SECURITY_GROUP_IDS": "sg-1",
    "CODE_VERSION": "abcdef",
    "MINIMUM_INTERACTIONS": "3",
    "MAXIMUM_INTERACTIONS": "1000",
    "WATCH_HOURS": "48",
    "RETIRE_AFTER_DAYS": "30",
    "ROLLOUT_MINUTE_SECONDS": "5",
    "COOL_DOWN_HOURS": "24",
}
CACHED = (
    *(getattr(collaborators, name) for name in ("tables", "lake", "training_data", "artefacts")),
    *(getattr(collaborators, name) for name in ("experiments", "runs", "machine", "registry")),
    *(getattr(collaborators, name) for name in ("staging", "feature_records")),
    retraining_settings.settings,
    retraining_settings.start_settings,
    staging_test.runtime,
)


@pytest.fixture(scope="session")
def candidate(tmp_path_factory):
    return fitted(tmp_path_factory.mktemp("candidate"), "v3")


@pytest.fixture(scope="session")
def baseline(tmp_path_factory):
    return fitted(tmp_path_factory.mktemp("baseline"), "v2")


def fitted(directory, version):
    apps = generate_apps(120)
    write_catalogue(directory / "catalogue", apps)
    catalogue = Catalogue(directory / "catalogue")
    metadata = [catalogue.app(row).metadata for row in range(len(catalogue))]
    model = fit_model(metadata, version="v2")
    if version == "v3":
        # Learned nothing: what is tested here does not look at how good it is.
        nothing = LearnedMap((), np.eye(128, 128 + len(MEASURES), dtype=np.float32))
        model = replace(model, version=version, learned=nothing)
        (directory / "evaluation.json").write_text(json.dumps(METRICS))
    vectors = embed_all(model, metadata)
    write_artefact(
        directory,
        model=model,
        vectors=vectors,
        catalogue=catalogue,
        performance=fit_track_record(catalogue, vectors),
        model_card={"summary": f"{version} of the tests"},
    )
    return directory


class Switch:
    """Takes what clients ask to the control plane of the test: clients are slow to make."""

    current = None

    def call(self, *asked):
        return self.current.call(*asked)


@pytest.fixture(scope="session")
def sagemaker_clients():
    switch = Switch()
    clients = {}
    for service in ("sagemaker", "sagemaker-runtime", "sagemaker-featurestore-runtime"):
        clients[service] = boto3.client(
            service,
            REGION,
            # An address that moto does not answer for.
            endpoint_url="http://sagemaker.local",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        attach(clients[service], switch)
    return switch, clients


@pytest.fixture
def platform(monkeypatch, tmp_path, candidate, sagemaker_clients):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(collaborators, "work_folder", lambda name: tmp_path / "work" / name)
    with mock_aws():
        yield _surroundings(monkeypatch, candidate, *sagemaker_clients)
    for each in CACHED:
        each.cache_clear()


def _surroundings(monkeypatch, candidate, switch, sagemaker_clients):
    made, lake, features = boto3.client, FakeLake(), FeatureStore()
    switch.current, host, now = _sagemaker(features, candidate)

    def client(service, **options):
        if service == "athena":
            return lake
        return sagemaker_clients.get(service) or made(service, REGION, **options)

    monkeypatch.setattr(boto3, "client", client)
    monkeypatch.setattr("kindred_aws.event_lake.time.sleep", lambda _: None)
    s3, dynamodb, machine = client("s3"), client("dynamodb"), client("stepfunctions")
    for bucket in ("training", "embeddings"):
        s3.create_bucket(Bucket=bucket)
    for table, key in (("ab_experiments", "experiment_id"), ("retraining", "record_id")):
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}
    arn = machine.create_state_machine(
        name="retraining", definition=json.dumps(waiting), roleArn=MACHINE_ROLE
    )["stateMachineArn"]
    monkeypatch.setenv("RETRAINING_MACHINE_ARN", arn)
    sagemaker = client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    return SimpleNamespace(
        s3=s3,
        dynamodb=dynamodb,
        machine=machine,
        machine_arn=arn,
        sagemaker=sagemaker,
        lake=lake,
        features=features,
        host=host,
        now=now,
    )


def _sagemaker(features, candidate):
    now, host, faults = (
        SimpleNamespace(at=1_800_000_000.0),
        ModelOf(load_artefact(candidate)),
        Faults(),
    )
    surroundings = Surroundings(
        clock=lambda: now.at,
        pace=Pace(),
        host=host,
        announce=lambda *_: None,
        alarms=lambda _: False,
        faults=faults,
    )
    endpoints = endpoint_parts(
        surroundings, SimpleNamespace(record=lambda _: None), wait=lambda _: None
    )
    registry = ModelRegistry(lambda: now.at, endpoints.tags, lambda *_: None)
    return ControlPlane([*endpoints.parts, registry, features]), host, now


@pytest.fixture
def experiment(platform):
    """Writes and reads items of `ab_experiments`, as plain values."""

    def put(experiment_id="embedding_v1_vs_v2", **values):
        item = {
            name: {"N": str(v)} if isinstance(v, float | int) else {"S": v}
            for name, v in values.items()
        }
        platform.dynamodb.put_item(
            TableName="ab_experiments", Item={"experiment_id": {"S": experiment_id}, **item}
        )

    def read(experiment_id):
        item = platform.dynamodb.get_item(
            TableName="ab_experiments", Key={"experiment_id": {"S": experiment_id}}
        )["Item"]
        return {name: float(v["N"]) if "N" in v else v["S"] for name, v in item.items()}

    return SimpleNamespace(put=put, read=read)
