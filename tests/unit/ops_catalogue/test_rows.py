"""Reading files: every kind, and every way in which one can be broken."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from ops.catalogue.rows import BadRow, Row, UnreadableFile, read_table

CSV = b'app_id,name\n1,"one, first"\n2,two\n'


def write(directory: Path, name: str, content: bytes) -> Path:
    path = directory / name
    path.write_bytes(content)
    return path


def values(path: Path) -> list[object]:
    return [row.values for row in read_table(path).rows]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("apps.csv", CSV, id="plain"),
        pytest.param("apps.csv.gz", gzip.compress(CSV), id="gzipped"),
        pytest.param("apps.txt", gzip.compress(CSV), id="gzipped under any name"),
        pytest.param("apps.csv", b"\xef\xbb\xbf" + CSV, id="with a byte order mark"),
        pytest.param("apps.csv", CSV.replace(b"\n", b"\r\n"), id="with windows line ends"),
        pytest.param("apps.csv", b"\n\n" + CSV + b"\n", id="with blank lines"),
        pytest.param(
            "apps.jsonl",
            b'{"app_id": "1", "name": "one, first"}\n\n{"app_id": "2", "name": "two"}',
            id="as JSON lines",
        ),
    ],
)
def test_a_table_is_read_in_any_wrapping(tmp_path: Path, name: str, content: bytes) -> None:
    path = write(tmp_path, name, content)
    assert read_table(path).columns == ("app_id", "name")
    assert values(path) == [{"app_id": "1", "name": "one, first"}, {"app_id": "2", "name": "two"}]


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    rows = [
        {"app_id": "1", "features": ["a", "b"], "rating": 4.5},
        {"app_id": "2", "features": None, "rating": None},
    ]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "apps.parquet")
    assert values(tmp_path / "apps.parquet") == rows


def test_rows_are_numbered_from_one_after_the_header(tmp_path: Path) -> None:
    path = write(tmp_path, "apps.csv", CSV)
    assert [row.number for row in read_table(path).rows] == [1, 2]


def test_a_field_may_hold_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "apps.csv", b'app_id,name\n1,"a\n\nb"\n')
    assert values(path) == [{"app_id": "1", "name": "a\n\nb"}]


def test_a_field_may_be_very_long(tmp_path: Path) -> None:
    path = write(tmp_path, "apps.csv", b"app_id,name\n1," + b"x" * 500_000 + b"\n2,two\n")
    assert len(values(path)) == 2


def test_ragged_rows_are_bad_and_the_others_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "apps.csv", b"app_id,name\n1,one\n2\n3,three,more\n4,four\n")
    rows = list(read_table(path).rows)
    assert [type(row) for row in rows] == [Row, BadRow, BadRow, Row]
    bad = rows[2]
    assert isinstance(bad, BadRow)
    assert (bad.number, bad.given, bad.values) == (3, "3 fields", ["3", "three", "more"])


@pytest.mark.parametrize(
    ("line", "given"),
    [
        pytest.param(b'{"app_id": ', "Expecting value", id="half an object"),
        pytest.param(b"[1]", "list", id="a list"),
        pytest.param(b"[" * 100_000, "recursion", id="endless nesting"),
        pytest.param(b'{"a": ' + b"9" * 5_000 + b"}", "Exceeds the limit", id="an endless number"),
    ],
)
def test_a_line_that_is_no_object_is_bad_and_the_others_are_read(
    tmp_path: Path, line: bytes, given: str
) -> None:
    good = json.dumps({"app_id": "1", "name": "one"}).encode()
    rows = list(read_table(write(tmp_path, "apps.jsonl", line + b"\n" + good)).rows)
    assert isinstance(rows[0], BadRow)
    assert given in rows[0].given
    assert rows[1] == Row(2, {"app_id": "1", "name": "one"})


def test_bytes_that_are_no_text_stay_in_their_row(tmp_path: Path) -> None:
    path = write(tmp_path, "apps.csv", b"app_id,name\n1,\xff\xfe\n2,two\n")
    assert values(path)[0] == {"app_id": "1", "name": "\udcff\udcfe"}
    assert values(path)[1] == {"app_id": "2", "name": "two"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b" \n\n", "nothing in it but blank lines", id="blank"),
        pytest.param(b"a,b,a\n1,2,3\n", "names a column twice: a", id="a column twice"),
        pytest.param(b"PAR1 and no more", "apps", id="no Parquet inside"),
        pytest.param(gzip.compress(CSV)[:15], "apps", id="cut off at the start"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        list(read_table(write(tmp_path, "apps", content)).rows)


def test_a_gzip_cut_off_in_the_middle_is_reported(tmp_path: Path) -> None:
    lines = b"".join(b"%d,name of %d\n" % (number, number * 7919) for number in range(20_000))
    path = write(tmp_path, "apps.csv.gz", gzip.compress(b"app_id,name\n" + lines)[:-5_000])
    with pytest.raises(UnreadableFile, match="broken off"):
        list(read_table(path).rows)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"nowhere\.csv: no such file"):
        read_table(tmp_path / "nowhere.csv")


def test_progress_goes_to_the_end(tmp_path: Path) -> None:
    lines = b"".join(b"%d,name\n" % number for number in range(1_000))
    path = write(tmp_path, "apps.csv", b"app_id,name\n" + lines)
    seen: list[tuple[int, int]] = []
    list(read_table(path, progress=lambda read, size: seen.append((read, size))).rows)
    size = path.stat().st_size
    assert seen[-1] == (size, size)
    assert [read for read, _ in seen] == sorted(read for read, _ in seen)
