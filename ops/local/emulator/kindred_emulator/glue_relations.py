"""Glue's tables as Athena reads them: every column of the table, whatever the files hold.

The emulator has the columns that the files have, and of a table without files no lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import athena, firehose

Table = dict[str, Any]
Relation = Callable[[Table, list[str]], str]


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
        rows = f"SELECT * FROM {nothing} UNION ALL BY NAME SELECT * FROM {held}"  # noqa: S608
        return f"(SELECT {named} FROM ({rows}))"  # noqa: S608 (names of our own tables)

    return relation
