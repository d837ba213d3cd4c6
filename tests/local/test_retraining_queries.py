"""The questions of retraining to the event lake, asked of Athena's stand-in over Parquet files."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kindred.similarity.interactions import parse_interaction
from kindred_aws.event_lake import EventLake
from kindred_aws.interaction_query import Tables, interactions_query
from kindred_aws.lake_questions import LakeQuestions
from kindred_constructs.event_columns import EVENT_COLUMNS
from tests.local.emulator_alone import EmulatorAlone

pytestmark = pytest.mark.slow

SINCE, UNTIL = datetime(2026, 10, 22, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
TABLES = Tables(
    events_database="lake",
    events="events",
    features_database="store",
    features="app_features_1",
)
QUERY = {"name": "A", "category": "games", "region": None, "pricing": "free", "features": ["gps"]}
FEATURES = (
    ("app_id", "string"),
    ("historical_ctr", "double"),
    ("avg_rating", "double"),
    ("last_updated", "string"),
    ("write_time", "timestamp"),
    ("api_invocation_time", "timestamp"),
    ("is_deleted", "boolean"),
)
TYPES = {
    "string": pa.string(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("ms"),
    "array<string>": pa.list_(pa.string()),
    "map<string,string>": pa.map_(pa.string(), pa.string()),
}


def shown(request_id: str, *, at: str = "2026-11-10T12:00:00.5Z", **changes: Any) -> dict[str, Any]:
    return {
        "event_id": request_id,
        "type": "prediction",
        "occurred_at": at,
        "unit_id": "p:q",
        "app_id": "q",
        "request_id": request_id,
        "model_version": "v2-1",
        "neighbors": ["a", "b", "c"],
        "query": json.dumps(QUERY),
        **changes,
    }


def click(event_id: str, request_id: str, app_id: str, at: str = "2026-11-10T12:01:00Z") -> Any:
    return {
        "event_id": event_id,
        "type": "click",
        "occurred_at": at,
        "unit_id": "p:q",
        "app_id": app_id,
        "request_id": request_id,
    }


def robot(number: int) -> list[dict[str, Any]]:
    """A requester that opens all that it is shown."""
    request = f"robot-{number:02}"
    asked = shown(request, unit_id="robot:q")
    return [asked, *(click(f"{request}-{app}", request, app) for app in ("a", "b", "c"))]


def crawler(number: int) -> list[dict[str, Any]]:
    """A partner that asks for each app once, and opens all that it is shown."""
    request = f"crawler-{number:02}"
    asked = shown(request, unit_id=f"crawler:{number}", at="2026-11-12T12:00:00Z")
    at = "2026-11-12T12:01:00Z"
    return [asked, *(click(f"{request}-{app}", request, app, at) for app in ("a", "b", "c"))]


def partner(number: int) -> list[dict[str, Any]]:
    """One with many users, of whom each asks for an app of its own and opens one of three."""
    request, at = f"partner-{number:02}", "2026-11-12T12:01:00Z"
    asked = shown(request, unit_id=f"partner:{number}", at="2026-11-12T12:00:00Z")
    return [asked, click(f"{request}-a", request, "a", at)]


EVENTS = [
    shown("r1"),
    shown("r1"),
    click("c1", "r1", "b"),
    click("c1", "r1", "b"),
    click("c2", "r1", "a", at="2026-11-10T12:02:00Z"),
    click("c3", "r1", "not shown"),
    shown("r2", neighbors=["c"], at="2026-11-11T00:00:00Z"),
    click("c4", "r2", "c", at="2026-11-13T00:00:00Z"),
    shown("too old", at="2026-10-21T23:59:59Z"),
    shown("too new", at="2026-11-21T00:00:00Z"),
    shown("predicted", neighbors=[], query=None, score=0.5),
    shown("outcome", neighbors=[], query=None, score=0.5, observed=0.25),
    *(event for number in range(10) for event in robot(number)),
    *(event for number in range(30) for event in crawler(number)),
    *(event for number in range(30) for event in partner(number)),
]
RECORDS = [
    {"app_id": "a", "historical_ctr": 0.1, "last_updated": "2026-11-01T00:00:00Z"},
    {"app_id": "a", "historical_ctr": 0.2, "last_updated": "2026-11-02T00:00:00Z"},
    {"app_id": "b", "historical_ctr": None, "last_updated": "2026-11-02T00:00:00Z"},
    {"app_id": "c", "historical_ctr": 0.3, "last_updated": "2026-11-02T00:00:00Z"},
    {
        "app_id": "c",
        "historical_ctr": 0.4,
        "last_updated": "2026-11-03T00:00:00Z",
        "is_deleted": True,
    },
    {"app_id": "q", "avg_rating": 4.5, "last_updated": "2026-11-02T00:00:00Z"},
]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    emulator = EmulatorAlone(tmp_path_factory.mktemp("emulator") / "state")
    try:
        emulator.aws("s3").create_bucket(Bucket="lake")
        put_table(emulator, "lake", "events", EVENT_COLUMNS, EVENTS, day="2026-11-10")
        put_table(emulator, "store", "app_features_1", FEATURES, [stored(each) for each in RECORDS])
        emulator.aws("athena").create_work_group(
            Name="retraining",
            Configuration={"ResultConfiguration": {"OutputLocation": "s3://lake/results/"}},
        )
        lake = EventLake(client=emulator.aws("athena"), workgroup="retraining")
        yield SimpleNamespace(
            s3=emulator.aws("s3"), lake=lake, questions=LakeQuestions(lake=lake, tables=TABLES)
        )
    finally:
        emulator.close()


def stored(record: dict[str, Any]) -> dict[str, Any]:
    now = datetime(2026, 11, 3)  # noqa: DTZ001 (Parquet's, in UTC without saying so)
    return {"is_deleted": False, "write_time": now, "api_invocation_time": now, **record}


def put_table(
    emulator: EmulatorAlone,
    database: str,
    table: str,
    columns: Any,
    rows: list[dict[str, Any]],
    *,
    day: str | None = None,
) -> None:
    glue, file = emulator.aws("glue"), io.BytesIO()
    schema = pa.schema([(name, TYPES[kind]) for name, kind in columns])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
    folder = f"day={day}/" if day else ""
    emulator.aws("s3").put_object(
        Bucket="lake", Key=f"{table}/{folder}f.parquet", Body=file.getvalue()
    )
    hive = "org.apache.hadoop.hive.ql.io.parquet"
    glue.create_database(DatabaseInput={"Name": database})
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": table,
            "PartitionKeys": [{"Name": "day", "Type": "string"}] if day else [],
            "Parameters": {"classification": "parquet"},
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
                "Location": f"s3://lake/{table}/",
                "SerdeInfo": {"SerializationLibrary": f"{hive}.serde.ParquetHiveSerDe"},
            },
        },
    )


def unloaded(platform: Any, name: str, *, most: int = 100) -> list[dict[str, Any]]:
    address = f"s3://lake/{name}/"
    query = interactions_query(TABLES, since=SINCE, until=UNTIL, most=most, unload_to=address)
    assert list(platform.lake.rows(query)) == []
    found = platform.s3.list_objects_v2(Bucket="lake", Prefix=f"{name}/")["Contents"]
    bodies = [
        platform.s3.get_object(Bucket="lake", Key=held["Key"])["Body"].read() for held in found
    ]
    return [json.loads(line) for body in bodies for line in gzip.decompress(body).splitlines()]


def test_a_line_is_what_was_shown_and_clicked_each_event_once(platform: Any) -> None:
    rows = {row["request_id"]: row for row in unloaded(platform, "all")}

    assert {"r1", "r2"} == {each for each in rows if not each.startswith("partner-")}
    assert rows["r1"]["shown"] == ["a", "b", "c"]
    assert rows["r1"]["clicked"] == ["b", "a"]
    assert rows["r1"]["historical_ctr"] == {"a": 0.2}
    assert json.loads(rows["r1"]["query"]) == QUERY
    assert rows["r1"]["query_app_id"] == "q"


def test_a_click_days_later_is_none(platform: Any) -> None:
    [row] = [row for row in unloaded(platform, "late") if row["request_id"] == "r2"]

    assert not row.get("clicked")


def test_a_partner_that_opens_all_is_left_out_however_few_each_of_its_requesters_asks(
    platform: Any,
) -> None:
    found = [row["request_id"].split("-")[0] for row in unloaded(platform, "partners")]

    assert (found.count("crawler"), found.count("partner")) == (0, 30)


def test_what_is_kept_of_more_than_is_wanted_does_not_go_by_its_time(platform: Any) -> None:
    [kept] = unloaded(platform, "drawn", most=1)

    assert kept["request_id"] == "partner-00"
    assert kept["occurred_at"] > "2026-11-12"


def test_training_reads_every_line(platform: Any) -> None:
    for row in unloaded(platform, "read"):
        parse_interaction(json.dumps(row))


def test_queries_are_counted_by_what_they_asked_for(platform: Any) -> None:
    found = platform.questions.distributions(SINCE, UNTIL)

    # Of people, the robot and the crawler: drift asks what came, whoever it came from.
    asked = 2 + 10 + 30 + 30
    assert found.categories == {
        "category": {"games": asked},
        "region": {"": asked},
        "pricing": {"free": asked},
    }
    assert found.measures == {"rating": {4.5: asked}, "feature_count": {1.0: asked}}


def test_the_error_is_that_of_predictions_that_came_true_or_not(platform: Any) -> None:
    error = platform.questions.prediction_error(SINCE, UNTIL)

    assert (error.mae, error.outcomes) == (0.25, 1)
    assert platform.questions.prediction_error(SINCE.replace(year=2025), SINCE) is None


def test_apps_are_counted_as_often_as_people_were_shown_and_clicked_them(platform: Any) -> None:
    traffic = platform.questions.traffic(SINCE, UNTIL)

    assert {app: (each.shown, each.clicked) for app, each in traffic.items()} == {
        "a": (1 + 30, 1 + 30),
        "b": (1 + 30, 1),
        "c": (2 + 30, 0),
    }
