"""Rows of a CSV, JSONL or Parquet file, gzipped or not; a bad row is a value, not an exception."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_PROGRESS_EVERY = 200  # rows
# A field of any length is read, so that its row can be refused by name, and kept.
csv.field_size_limit(2**31 - 1)

Progress = Callable[[int, int], None]  # how much is read, and how much there is


class UnreadableFile(ValueError):
    """Nothing can be read from the file as a whole."""


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts the rows after a header, from one."""

    number: int
    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class BadRow:
    """What is wrong with a row, and as much of it as could be read."""

    number: int
    field: str
    given: str
    allowed: str
    values: object


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: Iterator[Row | BadRow]


def read_table(path: Path, *, progress: Progress | None = None) -> Table:
    """Raises UnreadableFile, for the file's beginning now and for the rest as rows are read."""
    if not path.is_file():
        raise UnreadableFile(f"{path}: no such file")
    size = path.stat().st_size
    if not size:
        raise UnreadableFile(f"{path}: the file is empty")
    raw = path.open("rb")
    start = raw.read(4)
    raw.seek(0)
    try:
        if start == _PARQUET:
            table = _read_parquet(raw)
        else:
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if start.startswith(_GZIP) else raw
            table = _read_text(stream, path)
    except _BROKEN as error:
        raise UnreadableFile(f"{path}: {error}") from error
    return Table(table.columns, _counted(table.rows, raw, size, path, progress))


# Of gzip, of Parquet (an ArrowInvalid is a ValueError) and of the disk.
_BROKEN = (OSError, EOFError, zlib.error, ValueError)


def _counted(
    rows: Iterator[Row | BadRow],
    raw: BinaryIO,
    size: int,
    path: Path,
    progress: Progress | None,
) -> Iterator[Row | BadRow]:
    with raw:
        try:
            for count, row in enumerate(rows):
                if progress is not None and count % _PROGRESS_EVERY == 0:
                    progress(raw.tell(), size)
                yield row
        except _BROKEN as error:
            raise UnreadableFile(f"{path}: broken off: {error}") from error
    if progress is not None:
        progress(size, size)


def _read_text(stream: BinaryIO, path: Path) -> Table:
    # Bytes that are not UTF-8 stay with their row, as surrogates, instead of ending the file.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    first = text.readline()
    while first and not first.strip():
        first = text.readline()
    if not first:
        raise UnreadableFile("there is nothing in it but blank lines")
    if first.lstrip().startswith("{") or path.name.removesuffix(".gz").endswith(
        (".jsonl", ".json")
    ):
        return _read_jsonl(chain([first], text))
    return _read_csv(chain([first], text))


def _read_csv(lines: Iterator[str]) -> Table:
    records = csv.reader(lines)
    columns = tuple(name.strip() for name in next(records))
    repeated = {name for name in columns if columns.count(name) > 1}
    if repeated:
        raise UnreadableFile(f"the header names a column twice: {', '.join(sorted(repeated))}")
    return Table(columns, _csv_rows(records, columns))


def _csv_rows(records: Iterator[list[str]], columns: tuple[str, ...]) -> Iterator[Row | BadRow]:
    number = 0
    for record in records:
        if not record:
            continue
        number += 1
        if len(record) == len(columns):
            yield Row(number, dict(zip(columns, record, strict=True)))
        else:
            yield BadRow(
                number,
                "(row)",
                f"{len(record)} fields",
                f"{len(columns)} fields, as in the header",
                record,
            )


def _read_jsonl(lines: Iterator[str]) -> Table:
    rows = _jsonl_rows(lines)
    passed: list[Row | BadRow] = []
    for row in rows:
        passed.append(row)
        if isinstance(row, Row):
            return Table(tuple(row.values), chain(passed, rows))
    return Table((), iter(passed))


def _jsonl_rows(lines: Iterator[str]) -> Iterator[Row | BadRow]:
    number = 0
    for line in lines:
        if not line.strip():
            continue
        number += 1
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield BadRow(number, "(row)", str(error), "one JSON object a line", line.rstrip("\n"))
            continue
        if isinstance(value, dict):
            yield Row(number, value)
        else:
            yield BadRow(number, "(row)", type(value).__name__, "a JSON object", value)


def _read_parquet(raw: BinaryIO) -> Table:
    # Only an operator's machine has pyarrow, and only this format needs it.
    from pyarrow import parquet

    file = parquet.ParquetFile(raw)
    columns = tuple(file.schema_arrow.names)

    def rows() -> Iterator[Row | BadRow]:
        number = 0
        for batch in file.iter_batches():
            for values in batch.to_pylist():
                number += 1
                yield Row(number, values)

    return Table(columns, rows())
