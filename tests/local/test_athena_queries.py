"""Athena on the emulator: the caller's rights, UNLOAD, and what its functions are called."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ops.local.settings import ACCOUNT, REGION
from tests.local.emulator_alone import EmulatorAlone, attribute, role
from tests.local.local_platform import wait_until

pytestmark = pytest.mark.slow

TABLE = "events"
CATALOG = f"arn:aws:glue:{REGION}:{ACCOUNT}"
GLUE_RESOURCES = [f"{CATALOG}:catalog", f"{CATALOG}:database/lake", f"{CATALOG}:table/lake/*"]
OBJECTS = {"Fn::Sub": "${Lake.Arn}/*"}
IN_LAKE = [attribute("Lake", "Arn"), OBJECTS]
# Also of a query alone, it is the workgroup that is asked for.
WORKGROUP = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/primary"
ASKING = (["athena:StartQueryExecution", "athena:GetQueryExecution"], WORKGROUP)
ON_TABLE = ("glue:GetTable", GLUE_RESOURCES)
READING: tuple[list[str], Any] = (["s3:ListBucket", "s3:GetObject"], IN_LAKE)
WRITING: tuple[list[str], Any] = (["s3:GetBucketLocation", "s3:PutObject"], IN_LAKE)
ROWS = [
    {"request_id": "r1", "occurred_at": "2026-01-01T00:00:00Z", "shown": ["a", "b"]},
    {"request_id": "r2", "occurred_at": "2026-01-02T00:00:00Z", "shown": ["c"]},
]


class Lake:
    """A table of two rows whose files lack its newest column."""

    def __init__(self, emulator: EmulatorAlone) -> None:
        self.emulator = emulator
        roles = {
            "Reader": role("lambda.amazonaws.com", ASKING, ON_TABLE, READING, WRITING),
            "WithoutTable": role("lambda.amazonaws.com", ASKING, READING, WRITING),
            "WithoutObjects": role("lambda.amazonaws.com", ASKING, ON_TABLE, WRITING),
            "WithoutOutput": role("lambda.amazonaws.com", ASKING, ON_TABLE, READING),
        }
        resources = {"Lake": {"Type": "AWS::S3::Bucket"}, **roles}
        outputs = {"Lake": {"Ref": "Lake"}} | {name: attribute(name, "Arn") for name in roles}
        self.outputs = emulator.deploy("lake", resources, outputs)
        self.bucket = self.outputs["Lake"]
        self._make_table("events", "events/")
        self._make_table("empty", "empty/")
        file = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(ROWS), file)
        emulator.aws("s3").put_object(
            Bucket=self.bucket, Key="events/day=2026-01-01/f.parquet", Body=file.getvalue()
        )

    def ask(self, query: str, *, as_role: str = "Reader", token: str | None = None) -> Any:
        """What became of the query."""
        athena = self._athena(as_role)
        given = {"ClientRequestToken": token} if token else {}
        query_id = athena.start_query_execution(
            QueryString=query,
            ResultConfiguration={"OutputLocation": f"s3://{self.bucket}/results/"},
            QueryExecutionContext={"Database": "lake"},
            **given,
        )["QueryExecutionId"]

        def execution() -> Any:
            return athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]

        wait_until(lambda: execution()["Status"]["State"] not in ("QUEUED", "RUNNING"))
        return execution()

    def rows(self, query: str) -> list[list[Any]]:
        """As the operator reads them."""
        execution = self.ask(query)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        answer = self.emulator.aws("athena").get_query_results(
            QueryExecutionId=execution["QueryExecutionId"]
        )
        rows = answer["ResultSet"]["Rows"][1:]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]

    def unloaded(self, prefix: str) -> list[dict[str, Any]]:
        s3 = self.emulator.aws("s3")
        found = s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        bodies = [
            s3.get_object(Bucket=self.bucket, Key=held["Key"])["Body"].read() for held in found
        ]
        assert all(held["Key"].endswith(".gz") for held in found)
        return [json.loads(line) for body in bodies for line in gzip.decompress(body).splitlines()]

    def _athena(self, role_name: str) -> Any:
        held = self.emulator.aws("sts").assume_role(
            RoleArn=self.outputs[role_name], RoleSessionName="test"
        )["Credentials"]
        return boto3.client(
            "athena",
            region_name=REGION,
            endpoint_url=self.emulator.settings.emulator_url,
            aws_access_key_id=held["AccessKeyId"],
            aws_secret_access_key=held["SecretAccessKey"],
            aws_session_token=held["SessionToken"],
        )

    def _make_table(self, name: str, prefix: str) -> None:
        glue = self.emulator.aws("glue")
        if name == TABLE:
            glue.create_database(DatabaseInput={"Name": "lake"})
        columns = {
            "request_id": "string",
            "occurred_at": "string",
            "shown": "array<string>",
            "query": "string",
        }
        serde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
        glue.create_table(
            DatabaseName="lake",
            TableInput={
                "Name": name,
                "PartitionKeys": [{"Name": "day", "Type": "string"}],
                "Parameters": {"classification": "parquet", "projection.enabled": "true"},
                "StorageDescriptor": {
                    "Columns": [{"Name": key, "Type": kind} for key, kind in columns.items()],
                    "Location": f"s3://{self.bucket}/{prefix}",
                    "SerdeInfo": {"SerializationLibrary": serde},
                },
            },
        )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    emulator = EmulatorAlone(tmp_path_factory.mktemp("emulator") / "state")
    try:
        yield Lake(emulator)
    finally:
        emulator.close()


@pytest.mark.parametrize(
    ("role_name", "missing"),
    [
        pytest.param("WithoutTable", "glue:GetTable", id="the table's description"),
        pytest.param("WithoutObjects", "s3:ListBucket", id="the table's objects"),
        pytest.param("WithoutOutput", "s3:GetBucketLocation", id="the result's place"),
    ],
)
def test_a_query_fails_of_a_right_that_its_caller_lacks(
    lake: Lake, role_name: str, missing: str
) -> None:
    status = lake.ask('SELECT * FROM "lake"."events"', as_role=role_name)["Status"]

    assert status["State"] == "FAILED"
    assert f"not authorized to perform: {missing}" in status["StateChangeReason"]


def test_a_column_that_files_were_written_without_is_null(lake: Lake) -> None:
    query = "SELECT request_id, query, day FROM events ORDER BY request_id"

    assert lake.rows(query) == [["r1", None, "2026-01-01"], ["r2", None, "2026-01-01"]]


def test_a_table_without_files_has_no_rows_and_knows_its_lists(lake: Lake) -> None:
    query = "SELECT app FROM empty CROSS JOIN UNNEST(empty.shown) AS each_shown (app)"

    assert lake.rows(query) == []


def test_an_unload_writes_lines_of_json(lake: Lake) -> None:
    statement = f"""UNLOAD (
        WITH once AS (SELECT * FROM "lake"."events")
        SELECT request_id, shown, map_agg(app, length(app)) AS sizes
        FROM once CROSS JOIN UNNEST(once.shown) AS each_shown (app)
        WHERE from_iso8601_timestamp(occurred_at) < from_iso8601_timestamp('2026-01-01T12:00Z')
        GROUP BY request_id, shown
    ) TO 's3://{lake.bucket}/out/run-1/' WITH (format = 'JSON', compression = 'gzip')"""  # noqa: S608

    first = lake.ask(statement)["Status"]
    assert first["State"] == "SUCCEEDED", first
    assert lake.unloaded("out/run-1/") == [
        {"request_id": "r1", "shown": ["a", "b"], "sizes": {"a": 1, "b": 1}}
    ]

    again = lake.ask(statement)["Status"]
    assert "HIVE_PATH_ALREADY_EXISTS" in again["StateChangeReason"]


def test_the_same_token_asks_once(lake: Lake) -> None:
    statement = f"""UNLOAD (SELECT 1 AS one) TO 's3://{lake.bucket}/out/run-2/'
        WITH (format = 'JSON', compression = 'gzip')"""
    first, second = (lake.ask(statement, token="t" * 32) for _ in range(2))

    assert first["QueryExecutionId"] == second["QueryExecutionId"]
    assert lake.unloaded("out/run-2/") == [{"one": 1}]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        pytest.param("cardinality(ARRAY['a', 'b'])", "2", id="cardinality"),
        pytest.param("json_extract_scalar('{\"a\": \"b\"}', '$.a')", "b", id="json scalar"),
        pytest.param(
            "json_array_length(json_extract('{\"a\": [1, 2]}', '$.a'))", "2", id="json list"
        ),
        pytest.param("contains(ARRAY['a'], 'a')", "true", id="contains"),
        pytest.param("approx_percentile(x, 0.5)", "2", id="percentile"),
        pytest.param("to_unixtime(from_iso8601_timestamp('1970-01-02'))", "86400.0", id="epoch"),
        pytest.param("element_at(ARRAY[5, 6], 2)", "6", id="element"),
        pytest.param("array_join(ARRAY['a', 'b'], '-')", "a-b", id="join"),
        pytest.param("regexp_like('abc', 'b')", "true", id="regular expression"),
        pytest.param("to_iso8601(from_unixtime(0))", "1970-01-01T00:00:00.000Z", id="ISO"),
    ],
)
def test_functions_of_athena_are_there(lake: Lake, expression: str, value: str) -> None:
    query = f"SELECT {expression} FROM (VALUES (1), (2), (3)) AS t (x) LIMIT 1"  # noqa: S608

    assert lake.rows(query) == [[value]]
