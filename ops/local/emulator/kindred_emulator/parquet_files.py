"""JSON records as Parquet, with the columns of a Glue table."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, and its type as DuckDB spells it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Converted:
    """A Parquet file of the records that fit, if any, and those that do not, each with a reason."""

    file: bytes | None
    refused: tuple[tuple[bytes, str], ...]


def to_parquet(
    records: Sequence[bytes], columns: Sequence[Column], *, codec: str = "SNAPPY"
) -> Converted:
    """One row a record. Keys without a column are left out, columns without a key are null."""
    lines: list[str] = []
    sources: list[bytes] = []
    refused: list[tuple[bytes, str]] = []
    for record in records:
        try:
            document = json.loads(record)
        except ValueError:
            refused.append((record, "malformed JSON"))
            continue
        if not isinstance(document, dict):
            refused.append((record, "not a JSON object"))
            continue
        sources.append(record)
        lines.append(json.dumps({name.lower(): value for name, value in document.items()}))
    try:
        file = _write(lines, columns, codec) if lines else None
    except duckdb.Error:
        fitting = _fitting(lines, columns)
        misfits = [source for number, source in enumerate(sources) if number not in fitting]
        refused += [(source, "data does not match the schema") for source in misfits]
        kept = [lines[number] for number in sorted(fitting)]
        file = _write(kept, columns, codec) if kept else None
    return Converted(file, tuple(refused))


def _fitting(lines: Sequence[str], columns: Sequence[Column], offset: int = 0) -> set[int]:
    """Numbers of the lines that the columns' types take, found by halves."""
    try:
        _write(lines, columns, "UNCOMPRESSED")
    except duckdb.Error:
        if len(lines) == 1:
            return set()
        middle = len(lines) // 2
        later = _fitting(lines[middle:], columns, offset + middle)
        return _fitting(lines[:middle], columns, offset) | later
    return set(range(offset, offset + len(lines)))


def _write(lines: Sequence[str], columns: Sequence[Column], codec: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        source, target = Path(folder) / "records.json", Path(folder) / "records.parquet"
        source.write_text("\n".join(lines))
        rows = connection.read_json(
            str(source),
            columns={column.name: column.type for column in columns},
            format="newline_delimited",
        )
        rows.write_parquet(str(target), compression=codec.lower())
        return target.read_bytes()
