"""The offline store: every record as Parquet in S3, below a table of Glue that Athena reads.

AWS writes within a quarter of an hour; here it takes seconds.
"""

from __future__ import annotations

import contextlib
import io
import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

from ops.local.sagemaker.feature_values import FeatureRecord, as_type
from ops.local.sagemaker.job_objects import join_address, split_address
from ops.local.settings import ACCOUNT, REGION

if TYPE_CHECKING:
    from ops.local.sagemaker.roles import Roles

FLUSH_SECONDS = 2.0
OWN_DATABASE = "sagemaker_featurestore"
PARTITIONS = ("year", "month", "day", "hour")
GLUE_TYPES = {"String": "string", "Integral": "bigint", "Fractional": "double"}
ARROW_TYPES = {"String": pa.string(), "Integral": pa.int64(), "Fractional": pa.float64()}
ADDED_COLUMNS = (
    ("write_time", "timestamp", pa.timestamp("ms")),
    ("api_invocation_time", "timestamp", pa.timestamp("ms")),
    ("is_deleted", "boolean", pa.bool_()),
)
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
Row = tuple[FeatureRecord, datetime, bool]


def resolved_address(config: Mapping[str, Any], group: str, created: datetime) -> str:
    """Where the group's files lie, of which AWS makes the path itself."""
    below = f"{ACCOUNT}/sagemaker/{REGION}/offline-store/{group}-{int(created.timestamp())}/data"
    return join_address(config["S3StorageConfig"]["S3Uri"], below)


class OfflineStore:
    """One group's: records wait here until they are written as the group's role."""

    def __init__(self, group: Mapping[str, Any], roles: Roles, glue: Any) -> None:
        self._group, self._roles, self._glue = group, roles, glue
        self._config = group["OfflineStoreConfig"]
        self._lock = threading.Lock()
        self._waiting: list[Row] = []

    def append(self, record: FeatureRecord, invoked: datetime, *, deleted: bool = False) -> None:
        with self._lock:
            self._waiting.append((record, invoked, deleted))

    def prepare(self) -> None:
        """Try the role and make the table. Raises botocore's ClientError."""
        storage = self._config["S3StorageConfig"]
        bucket, _ = split_address(storage["S3Uri"])
        self._roles.session(self._group["RoleArn"]).client("s3").get_bucket_acl(Bucket=bucket)
        catalog = self._config.get("DataCatalogConfig")
        if catalog:
            put_table(self._glue, catalog, table_of(self._group, catalog["TableName"]))

    def flush(self) -> None:
        """Write what waits; what could not be written waits on. Raises botocore's errors."""
        with self._lock:
            rows, self._waiting = self._waiting, []
        by_hour: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_hour[row[0].moment.strftime("year=%Y/month=%m/day=%d/hour=%H")].append(row)
        for hour in list(by_hour):
            try:
                self._write(hour, by_hour[hour])
            except (BotoCoreError, ClientError):
                with self._lock:
                    self._waiting = [*(row for kept in by_hour.values() for row in kept)]
                raise
            del by_hour[hour]

    def _write(self, hour: str, rows: Sequence[Row]) -> None:
        storage = self._config["S3StorageConfig"]
        now = datetime.now(UTC)
        name = f"{hour}/{now:%Y%m%dT%H%M%SZ}_{uuid.uuid4().hex[:16]}.parquet"
        bucket, key = split_address(join_address(storage["ResolvedOutputS3Uri"], name))
        encryption: dict[str, Any] = {}
        if storage.get("KmsKeyId"):
            encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": storage["KmsKeyId"]}
        body = to_parquet(self._group["FeatureDefinitions"], rows, now)
        s3 = self._roles.session(self._group["RoleArn"]).client("s3")
        s3.put_object(Bucket=bucket, Key=key, Body=body, **encryption)


def to_parquet(
    definitions: Sequence[Mapping[str, str]], rows: Sequence[Row], written: datetime
) -> bytes:
    """The group's features, and what the offline store adds to them."""
    columns: dict[str, list[Any]] = {}
    fields = []
    for held in definitions:
        name, kind = held["FeatureName"], held["FeatureType"]
        fields.append((name, ARROW_TYPES[kind]))
        given = [record.values.get(name) for record, _, _ in rows]
        columns[name] = [text if text is None else as_type(kind, text, name) for text in given]
    fields += [(name, kind) for name, _, kind in ADDED_COLUMNS]
    # Naive, and of UTC: Glue's timestamps have no zone.
    columns["write_time"] = [written.replace(tzinfo=None)] * len(rows)
    columns["api_invocation_time"] = [invoked.replace(tzinfo=None) for _, invoked, _ in rows]
    columns["is_deleted"] = [deleted for _, _, deleted in rows]
    file = io.BytesIO()
    pq.write_table(pa.table(columns, schema=pa.schema(fields)), file)
    return file.getvalue()


def table_of(group: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Glue's description of the group's files."""
    features = [
        {"Name": held["FeatureName"].lower(), "Type": GLUE_TYPES[held["FeatureType"]]}
        for held in group["FeatureDefinitions"]
    ]
    added = [{"Name": column, "Type": kind} for column, kind, _ in ADDED_COLUMNS]
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "parquet.compress": "SNAPPY"},
        "PartitionKeys": [{"Name": part, "Type": "string"} for part in PARTITIONS],
        "StorageDescriptor": {
            "Columns": [*features, *added],
            "Location": group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"],
            "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
        },
    }


def put_table(glue: Any, catalog: Mapping[str, str], table: Mapping[str, Any]) -> None:
    """As SageMaker: in its own database, which it makes, or in the one that is named."""
    database = catalog["Database"]
    if database == OWN_DATABASE:
        with contextlib.suppress(glue.exceptions.AlreadyExistsException):
            glue.create_database(DatabaseInput={"Name": database})
    try:
        glue.create_table(DatabaseName=database, TableInput=table)
    except glue.exceptions.AlreadyExistsException:
        glue.update_table(DatabaseName=database, TableInput=table)
