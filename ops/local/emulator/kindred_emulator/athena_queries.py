"""Athena's queries by DuckDB: with the caller's rights, with UNLOAD, and with Athena's functions.

The emulator reads and writes with nobody's rights, knows no UNLOAD, and puts a result's file below
the place that it names.
"""

from __future__ import annotations

import asyncio
import contextvars
import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
from ministack.core.responses import new_uuid
from ministack.core.router import extract_access_key_id
from ministack.services import athena, s3

from .glue_relations import (
    PATH,
    hive_type,
    pathless,
    plain_addresses,
    told_path,
    whole_relation,
)
from .presto_functions import create_statements
from .query_rights import QueryRefused, require_output, require_tables, split_address
from .unload_statement import Unload, read_unload

Execution = dict[str, Any]
Rows = dict[str, Any]

_caller: contextvars.ContextVar[str] = contextvars.ContextVar("kindred_athena_caller", default="")
_query: contextvars.ContextVar[str] = contextvars.ContextVar("kindred_athena_query")
_by_token: dict[str, str] = {}


def install() -> None:
    """Take the place of the emulator's way to run a query and to write its result."""
    handle, start, execute = (
        athena.handle_request,
        athena._start_query_execution,
        athena._execute_query,
    )

    async def of_caller(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
        _caller.set(extract_access_key_id(headers, query))
        return await handle(method, path, headers, body, query)

    def started(request: dict[str, Any]) -> Any:
        token = request.get("ClientRequestToken")
        if token in _by_token:
            return athena.json_response({"QueryExecutionId": _by_token[token]})
        answer = start(_held_to_workgroup(request))
        if token and answer[0] == 200:
            _by_token[token] = json.loads(answer[2])["QueryExecutionId"]
        return answer

    async def executed(query_id: str, *rest: Any) -> None:
        _query.set(query_id)
        await execute(query_id, *rest)

    athena.handle_request = of_caller
    athena._start_query_execution = started
    athena._execute_query = executed
    athena._duckdb_type = hive_type
    athena._rewrite_s3_paths = plain_addresses(athena._rewrite_s3_paths)
    athena._empty_relation = pathless(athena._empty_relation)
    athena._table_relation = whole_relation(athena._table_relation)
    athena._run_duckdb = _run
    athena._save_query_results = _save


def _held_to_workgroup(request: dict[str, Any]) -> dict[str, Any]:
    """A workgroup may insist on its own place for results."""
    workgroup = athena._workgroups.get(request.get("WorkGroup", "primary")) or {}
    configuration = workgroup.get("Configuration") or {}
    if str(configuration.get("EnforceWorkGroupConfiguration", "")).lower() == "true":
        return {**request, "ResultConfiguration": {}}
    return request


async def _run(statement: str, database: str, catalog: str | None = None) -> Rows:
    unload = read_unload(statement)
    query = unload.query if unload else statement
    caller = _caller.get()
    require_tables(caller, query, database)
    output = athena._executions[_query.get()]["ResultConfiguration"]["OutputLocation"]
    require_output(caller, output)
    if unload:
        _require_empty(caller, unload.target)
    told_path.set(PATH in query)
    rewritten, buckets, folders = await athena._rewrite_data_paths(query, database, catalog)
    if buckets:
        raise QueryRefused("S3 table buckets are not carried on the laptop")
    try:
        return await asyncio.to_thread(_execute, rewritten, unload)
    finally:
        for folder in folders:
            athena.shutil.rmtree(folder, ignore_errors=True)


def _require_empty(caller: str, target: str) -> None:
    """Athena never adds to what lies there."""
    require_output(caller, target)
    bucket, prefix = split_address(target)
    present = (s3._buckets.get(bucket) or {}).get("objects", {})
    if any(key.startswith(prefix) for key in list(present)):
        raise QueryRefused(f"HIVE_PATH_ALREADY_EXISTS: Target directory {target} already exists")


def _execute(query: str, unload: Unload | None) -> Rows:
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for macro in create_statements():
            connection.execute(macro)
        if unload:
            return _write(connection, query, unload)
        result = connection.execute(query)
        columns = result.description or []
        return {
            "columns": [column[0] for column in columns],
            "column_types": [_type(column[1]) for column in columns],
            "rows": [list(row) for row in result.fetchall()],
        }


def _write(connection: duckdb.DuckDBPyConnection, query: str, unload: Unload) -> Rows:
    """An object with all rows; none when there are no rows, as Athena writes none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows"
        compression = unload.compression.lower().replace("none", "uncompressed")
        written = connection.execute(
            f"COPY ({query}) TO '{file}' (FORMAT {unload.format}, COMPRESSION {compression})"
        ).fetchone()
        if written and written[0]:
            name = f"{_query.get()}_{new_uuid()}{unload.extension}"
            put_object(f"{unload.target}{name}", file.read_bytes(), "application/octet-stream")
    return {"columns": [], "column_types": [], "rows": []}


def put_object(address: str, body: bytes, content_type: str) -> None:
    """As S3 writes it, with the bucket's encryption. Raises QueryRefused."""
    bucket, key = split_address(address)
    headers = {"content-type": content_type, "host": "s3.localhost"}
    answer = s3.handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True)
    status, _, text = asyncio.run(answer)
    if status >= 300:
        raise QueryRefused(f"S3 answered {status} to {address}: {text!r}")


async def _save(query_id: str) -> None:
    execution: Execution = athena._executions[query_id]
    results = execution["_results"]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(results["columns"])
    writer.writerows(results["rows"])
    address = execution["ResultConfiguration"]["OutputLocation"]
    await asyncio.to_thread(put_object, address, text.getvalue().encode(), "text/csv")


def _type(duckdb_type: Any) -> str:
    name = str(duckdb_type).upper().partition("(")[0].strip()
    return str(athena._DUCKDB_TYPE_MAP.get(name, "array" if name.endswith("[]") else "varchar"))
