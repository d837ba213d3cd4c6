"""The local SageMaker's feature store, asked by real clients."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import boto3
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.models import botocore_stubber

from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.feature_groups import FeatureStore
from ops.local.sagemaker.in_process import attach
from ops.local.sagemaker.tags import Tags
from tests.unit.ops_local_sagemaker.training_platform import BUCKET, ROLE, OneSession

pytestmark = pytest.mark.slow

GROUP = "kindred-local-app-features"
DATABASE = "features"
FEATURES = (
    ("app_id", "String"),
    ("category", "String"),
    ("historical_ctr", "Fractional"),
    ("ratings", "Integral"),
    ("last_updated", "String"),
)


class Glue:
    """Tables of databases; moto's needs more than is installed here."""

    def __init__(self) -> None:
        self.exceptions = type("Exceptions", (), {"AlreadyExistsException": FileExistsError})
        self.tables: dict[str, dict[str, Any]] = {DATABASE: {}}

    def create_table(self, *, DatabaseName: str, TableInput: dict[str, Any]) -> None:
        if DatabaseName not in self.tables:
            message = {"Code": "EntityNotFoundException", "Message": f"no {DatabaseName}"}
            raise ClientError({"Error": message}, "CreateTable")  # type: ignore[typeddict-item]
        if TableInput["Name"] in self.tables[DatabaseName]:
            raise FileExistsError
        self.update_table(DatabaseName=DatabaseName, TableInput=TableInput)

    def update_table(self, *, DatabaseName: str, TableInput: dict[str, Any]) -> None:
        self.tables[DatabaseName][TableInput["Name"]] = TableInput

    def columns(self) -> dict[str, str]:
        described = self.tables[DATABASE]["app_features"]["StorageDescriptor"]["Columns"]
        return {held["Name"]: held["Type"] for held in described}


class Store:
    """A feature store over an S3 and a Glue of its own."""

    def __init__(self) -> None:
        tags = Tags()
        self.glue = Glue()
        self.part = FeatureStore(time.time, tags, OneSession(), self.glue)  # type: ignore[arg-type]
        plane = ControlPlane([tags, self.part])
        self.client = boto3.client("sagemaker", "us-east-1")
        self.runtime = boto3.client("sagemaker-featurestore-runtime", "us-east-1")
        for client in (self.client, self.runtime):
            client.meta.events.unregister("before-send", botocore_stubber)  # type: ignore[arg-type]
            attach(client, plane)
        self.s3 = boto3.client("s3", "us-east-1")
        self.s3.create_bucket(Bucket=BUCKET)

    def create(self, **changes: Any) -> dict[str, Any]:
        """The group, once it is made or was not."""
        self.client.create_feature_group(
            **{
                "FeatureGroupName": GROUP,
                "RecordIdentifierFeatureName": "app_id",
                "EventTimeFeatureName": "last_updated",
                "FeatureDefinitions": [
                    {"FeatureName": name, "FeatureType": kind} for name, kind in FEATURES
                ],
                "OnlineStoreConfig": {"EnableOnlineStore": True},
                "OfflineStoreConfig": {
                    "S3StorageConfig": {"S3Uri": f"s3://{BUCKET}/features"},
                    "DataCatalogConfig": {
                        "Catalog": "AwsDataCatalog",
                        "Database": DATABASE,
                        "TableName": "app_features",
                    },
                },
                "RoleArn": ROLE,
                **changes,
            }
        )
        self.wait(lambda: self.describe()["FeatureGroupStatus"] != "Creating")
        return self.describe()

    def describe(self) -> dict[str, Any]:
        return dict(self.client.describe_feature_group(FeatureGroupName=GROUP))

    def put(self, **values: str) -> None:
        given = {"app_id": "a", "last_updated": "2026-01-02T03:04:05Z", **values}
        self.runtime.put_record(
            FeatureGroupName=GROUP,
            Record=[{"FeatureName": name, "ValueAsString": text} for name, text in given.items()],
        )

    def get(self, app_id: str = "a", **asked: Any) -> dict[str, str]:
        answer = self.runtime.get_record(
            FeatureGroupName=GROUP, RecordIdentifierValueAsString=app_id, **asked
        )
        return {held["FeatureName"]: held["ValueAsString"] for held in answer.get("Record", [])}

    def offline(self) -> list[dict[str, Any]]:
        """Every row that was written, with the key's last folders."""
        self.part.flush()
        rows: list[dict[str, Any]] = []
        for held in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            body = self.s3.get_object(Bucket=BUCKET, Key=held["Key"])["Body"].read()
            part = "/".join(held["Key"].split("/")[-5:-1])
            rows += [row | {"part": part} for row in pq.read_table(io.BytesIO(body)).to_pylist()]
        return rows

    def wait(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not happened():
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        made = Store()
        yield made
        made.part.stop()


def test_a_record_is_got_as_it_was_put(store: Store) -> None:
    store.create()
    store.put(category="Games", historical_ctr="0.25")

    assert store.get() == {
        "app_id": "a",
        "last_updated": "2026-01-02T03:04:05Z",
        "category": "Games",
        "historical_ctr": "0.25",
    }
    assert store.get(FeatureNames=["category"]) == {"category": "Games"}
    assert store.get("nobody") == {}


def test_an_older_record_does_not_replace_a_newer_one_online(store: Store) -> None:
    store.create()
    store.put(category="new", last_updated="2026-01-02T00:00:00Z")
    store.put(category="old", last_updated="2026-01-01T23:00:00Z")

    assert store.get()["category"] == "new"
    assert sorted(row["category"] for row in store.offline()) == ["new", "old"]


def test_the_offline_store_has_every_record_by_the_hour_of_its_event(store: Store) -> None:
    created = store.create()
    store.put(category="Games", historical_ctr="0.25", ratings="7")

    row = store.offline()[0]

    assert row["part"] == "year=2026/month=01/day=02/hour=03"
    assert (row["historical_ctr"], row["ratings"], row["is_deleted"]) == (0.25, 7, False)
    assert row["write_time"] >= row["api_invocation_time"]
    table = store.glue.tables[DATABASE]["app_features"]
    location = created["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    assert table["StorageDescriptor"]["Location"] == location
    assert store.glue.columns()["historical_ctr"] == "double"
    assert store.glue.columns()["is_deleted"] == "boolean"


@pytest.mark.parametrize("mode", ["SoftDelete", "HardDelete"])
def test_a_deleted_record_is_gone_online_and_marked_offline(
    store: Store, mode: Literal["SoftDelete", "HardDelete"]
) -> None:
    store.create()
    store.put()
    store.runtime.delete_record(
        FeatureGroupName=GROUP,
        RecordIdentifierValueAsString="a",
        EventTime="2026-01-03T00:00:00Z",
        DeletionMode=mode,
    )

    assert store.get() == {}
    assert [row["is_deleted"] for row in store.offline()] == [False, True]


def test_what_was_deleted_softly_does_not_come_back_by_an_older_record(store: Store) -> None:
    store.create()
    store.runtime.delete_record(
        FeatureGroupName=GROUP,
        RecordIdentifierValueAsString="a",
        EventTime="2026-01-03T00:00:00Z",
    )
    store.put(last_updated="2026-01-02T00:00:00Z")

    assert store.get() == {}


def test_several_records_are_got_at_once(store: Store) -> None:
    store.create()
    store.put(app_id="a")
    store.put(app_id="b")

    answer = store.runtime.batch_get_record(
        Identifiers=[{"FeatureGroupName": GROUP, "RecordIdentifiersValueAsString": ["a", "b", "c"]}]
    )

    assert [held["RecordIdentifierValueAsString"] for held in answer["Records"]] == ["a", "b"]
    assert answer["Errors"] == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"colour": "red"}, "not of the group", id="unknown feature"),
        pytest.param({"historical_ctr": "often"}, "not Fractional", id="no number"),
        pytest.param({"historical_ctr": "nan"}, "not finite", id="no finite number"),
        pytest.param({"ratings": "1.5"}, "not Integral", id="no integer"),
        pytest.param({"last_updated": "yesterday"}, "event time", id="no moment"),
        pytest.param({"last_updated": "2026-01-02T03:04:05"}, "no zone", id="no zone"),
        pytest.param({"app_id": ""}, "app_id is missing", id="no identity"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(
    store: Store, values: dict[str, str], words: str
) -> None:
    store.create()

    with pytest.raises(ClientError, match=words):
        store.put(**values)


def test_a_group_without_its_database_says_why_it_was_not_made(store: Store) -> None:
    store.glue.tables.clear()

    created = store.create()

    assert created["FeatureGroupStatus"] == "CreateFailed"
    assert DATABASE in created["FailureReason"]
    with pytest.raises(ClientError, match="is CreateFailed"):
        store.put()


def test_a_group_gains_a_feature(store: Store) -> None:
    store.create()
    store.put()
    store.client.update_feature_group(
        FeatureGroupName=GROUP,
        FeatureAdditions=[{"FeatureName": "region", "FeatureType": "String"}],
    )
    store.wait(lambda: bool(store.describe()["LastUpdateStatus"]["Status"] == "Successful"))
    store.put(region="EU", last_updated="2026-01-03T00:00:00Z")

    assert store.get()["region"] == "EU"
    assert "region" in store.glue.columns()


def test_names_of_groups_know_no_case_and_unknown_ones_are_not_found(store: Store) -> None:
    store.create()
    answer = store.client.describe_feature_group(FeatureGroupName=GROUP.upper())

    assert answer["FeatureGroupArn"].endswith(f"feature-group/{GROUP}")
    store.client.delete_feature_group(FeatureGroupName=GROUP)
    with pytest.raises(store.runtime.exceptions.ResourceNotFound):
        store.get()
