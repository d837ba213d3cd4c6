"""The queries of retraining and drift, by the laptop's Athena over a lake of a few events."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kindred.drift.detection import PredictionError
from kindred.retraining.app_features import Traffic
from kindred_aws.event_lake import EventLake
from kindred_aws.interaction_query import Tables, interactions_query
from kindred_aws.lake_questions import LakeQuestions
from kindred_constructs.event_columns import EVENT_COLUMNS
from ops.local.sagemaker.offline_store import GLUE_TYPES
from tests.local.emulator_alone import EmulatorAlone
from tests.local.local_platform import wait_until

pytestmark = pytest.mark.slow

TABLES = Tables(
    events_database="lake", events="events", features_database="features", features="app_features"
)
SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)
QUERY = {"name": "a", "category": "Games", "region": "EU", "pricing": "free", "features": ["x"]}
ASKED = {
    "event_id": "e1",
    "type": "prediction",
    "occurred_at": "2026-01-02T10:00:00+00:00",
    "unit_id": "u1",
    "request_id": "r1",
    "model_version": "v2",
    "app_id": "q",
    "neighbors": ["a", "b", "c"],
    "query": json.dumps(QUERY),
}
EVENTS: list[dict[str, Any]] = [
    ASKED,
    ASKED,
    {
        "event_id": "e2",
        "type": "click",
        "occurred_at": "2026-01-02T10:01:00+00:00",
        "unit_id": "u1",
        "request_id": "r1",
        "app_id": "b",
    },
    {
        "event_id": "e3",
        "type": "prediction",
        "occurred_at": "2026-01-02T11:00:00+00:00",
        "unit_id": "u2",
        "score": 0.5,
        "observed": 0.25,
    },
]
FEATURES = [
    {"app_id": app, "historical_ctr": ctr, "avg_rating": 4.0, "last_updated": updated}
    for app, ctr, updated in (
        ("b", 0.1, "2026-01-01T00:00:00Z"),
        ("b", 0.2, "2026-01-02T00:00:00Z"),
        ("c", 0.3, "2026-01-01T00:00:00Z"),
        ("q", 0.4, "2026-01-01T00:00:00Z"),
    )
]
FEATURE_COLUMNS = (
    ("app_id", GLUE_TYPES["String"]),
    ("historical_ctr", GLUE_TYPES["Fractional"]),
    ("avg_rating", GLUE_TYPES["Fractional"]),
    ("last_updated", GLUE_TYPES["String"]),
    ("write_time", "timestamp"),
    ("api_invocation_time", "timestamp"),
    ("is_deleted", "boolean"),
)


class Lake:
    """Events and features in S3, with their tables."""

    def __init__(self, emulator: EmulatorAlone, *, empty: bool) -> None:
        self.aws = emulator.aws
        self.bucket = "lake"
        self.aws("s3").create_bucket(Bucket=self.bucket)
        self.aws("athena").update_work_group(
            WorkGroup="primary",
            ConfigurationUpdates={
                "ResultConfigurationUpdates": {"OutputLocation": f"s3://{self.bucket}/results/"}
            },
        )
        now = datetime(2026, 1, 3)  # noqa: DTZ001 (a timestamp of Glue has no zone)
        added = {"write_time": now, "api_invocation_time": now, "is_deleted": False}
        features = [] if empty else [{**row, **added} for row in FEATURES]
        self._table("lake", "events", EVENT_COLUMNS, "day", [] if empty else EVENTS)
        self._table("features", "app_features", FEATURE_COLUMNS, "year", features)

    def questions(self) -> LakeQuestions:
        lake = EventLake(client=self.aws("athena"), workgroup="primary")
        return LakeQuestions(lake=lake, tables=TABLES)

    def interactions(self) -> list[dict[str, Any]]:
        """What training reads."""
        athena, s3 = self.aws("athena"), self.aws("s3")
        target = f"s3://{self.bucket}/interactions/"
        query = interactions_query(TABLES, since=SINCE, until=UNTIL, most=100, unload_to=target)
        query_id = athena.start_query_execution(QueryString=query)["QueryExecutionId"]

        def status() -> dict[str, Any]:
            answer = athena.get_query_execution(QueryExecutionId=query_id)
            return dict(answer["QueryExecution"]["Status"])

        wait_until(lambda: status()["State"] not in ("QUEUED", "RUNNING"))
        assert status()["State"] == "SUCCEEDED", status()
        held = s3.list_objects_v2(Bucket=self.bucket, Prefix="interactions/").get("Contents", [])
        bodies = [
            s3.get_object(Bucket=self.bucket, Key=each["Key"])["Body"].read() for each in held
        ]
        return [json.loads(line) for body in bodies for line in gzip.decompress(body).splitlines()]

    def _table(
        self,
        database: str,
        name: str,
        columns: tuple[tuple[str, str], ...],
        partition: str,
        rows: list[dict[str, Any]],
    ) -> None:
        glue = self.aws("glue")
        glue.create_database(DatabaseInput={"Name": database})
        serde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
        glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": name,
                "PartitionKeys": [{"Name": partition, "Type": "string"}],
                "StorageDescriptor": {
                    "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
                    "Location": f"s3://{self.bucket}/{name}/",
                    "SerdeInfo": {"SerializationLibrary": serde},
                },
            },
        )
        if rows:
            file = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(_completed(rows)), file)
            key = f"{name}/{partition}=2026-01-02/f.parquet"
            self.aws("s3").put_object(Bucket=self.bucket, Key=key, Body=file.getvalue())


def _completed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[EmulatorAlone]:
    alone = EmulatorAlone(tmp_path / "state")
    try:
        yield alone
    finally:
        alone.close()


def test_each_recommendation_is_a_line_with_its_clicks_and_the_rates_of_what_was_shown(
    emulator: EmulatorAlone,
) -> None:
    line, *more = Lake(emulator, empty=False).interactions()

    assert more == []
    assert json.loads(line.pop("query")) == QUERY
    assert line == {
        "request_id": "r1",
        "occurred_at": ASKED["occurred_at"],
        "model_version": "v2",
        "query_app_id": "q",
        "shown": ["a", "b", "c"],
        "clicked": ["b"],
        "historical_ctr": {"b": 0.2, "c": 0.3},
    }


def test_drift_and_features_are_counted(emulator: EmulatorAlone) -> None:
    questions = Lake(emulator, empty=False).questions()

    assert questions.traffic(SINCE, UNTIL) == {
        "a": Traffic(shown=1, clicked=0),
        "b": Traffic(shown=1, clicked=1),
        "c": Traffic(shown=1, clicked=0),
    }
    assert questions.prediction_error(SINCE, UNTIL) == PredictionError(mae=0.25, outcomes=1)
    distributions = questions.distributions(SINCE, UNTIL)
    assert distributions.categories["category"] == {"Games": 1}
    assert distributions.measures["feature_count"] == {1.0: 1}
    assert distributions.measures["rating"] == {4.0: 1}


def test_a_lake_without_events_answers_that_there_are_none(emulator: EmulatorAlone) -> None:
    lake = Lake(emulator, empty=True)

    assert lake.interactions() == []
    assert lake.questions().traffic(SINCE, UNTIL) == {}
    assert lake.questions().prediction_error(SINCE, UNTIL) is None
    assert lake.questions().distributions(SINCE, UNTIL).categories["category"] == {}
