"""Glue's tables as Athena reads them: every column of the table, whatever the files hold.

The emulator has the columns that the files have, and of a table without files no lists.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from ministack.services import athena, firehose

Table = dict[str, Any]
Relation = Callable[[Table, list[str]], str]

# The object that a row lies in: a column that only who names it sees.
PATH = '"$path"'
told_path: contextvars.ContextVar[bool] = contextvars.ContextVar("kindred_path", default=False)
# Copies of a table's objects lie below it as the objects lie below the table's location.
_COPIES = "^.*/ministack-athena-[^/]+/"


def hive_type(column: dict[str, Any]) -> str:
    """DuckDB's type of a column of Glue, lists and structures among them."""
    name: str = firehose._hive_to_duckdb_type(str(column.get("Type", "string")))
    return name


def whole_relation(read: Relation) -> Relation:
    """A column that a file was written without is null; one that the table has not is not there."""

    def relation(table: Table, files: list[str]) -> str:
        if athena._data_format(table) != "parquet":
            return read(table, files)
        columns = [
            *(table.get("StorageDescriptor") or {}).get("Columns", []),
            *(table.get("PartitionKeys") or []),
        ]
        named = ", ".join(f'"{column["Name"]}"' for column in columns)
        nothing, held = athena._empty_relation(table), read(table, files)
        if told_path.get():
            named, held = f"{named}, {PATH}", _with_path(held, table)
        rows = f"SELECT * FROM {nothing} UNION ALL BY NAME SELECT * FROM {held}"  # noqa: S608
        return f"(SELECT {named} FROM ({rows}))"  # noqa: S608 (names of our own tables)

    return relation


def pathless(empty: Callable[[Table], str]) -> Callable[[Table], str]:
    """No row lies in no object, and a query may ask for its path all the same."""

    def relation(table: Table) -> str:
        nothing = empty(table)
        if not told_path.get():
            return nothing
        return f"(SELECT *, CAST(NULL AS VARCHAR) AS {PATH} FROM {nothing})"  # noqa: S608

    return relation


def plain_addresses(rewrite: Callable[[str], str]) -> Callable[[str], str]:
    """Where a query asks for paths, an address in it is a text, and no file to be read."""
    return lambda query: query if told_path.get() else rewrite(query)


def _with_path(held: str, table: Table) -> str:
    """By DuckDB's own column of a row's file, the last of the reader's arguments."""
    location = table["StorageDescriptor"]["Location"].rstrip("/")
    path = f"'{location}/' || regexp_replace(filename, '{_COPIES}', '')"
    return f"(SELECT *, {path} AS {PATH} FROM {held.rstrip(')')}, filename = true))"  # noqa: S608
