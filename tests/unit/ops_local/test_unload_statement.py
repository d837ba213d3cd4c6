"""Athena's UNLOAD as the laptop reads it."""

from __future__ import annotations

import pytest

from ops.local.emulator.kindred_emulator.unload_statement import (
    Unload,
    UnloadRefused,
    read_unload,
)


def test_a_statement_is_taken_apart() -> None:
    statement = """UNLOAD (
WITH a AS (SELECT ')' AS b) SELECT b FROM a
) TO 's3://bucket/run-1' WITH (format = 'JSON', compression = 'gzip')"""

    unload = read_unload(statement)

    assert unload == Unload(
        "\nWITH a AS (SELECT ')' AS b) SELECT b FROM a\n", "s3://bucket/run-1/", "JSON", "GZIP"
    )
    assert unload.extension == ".gz"


@pytest.mark.parametrize("statement", ["SELECT 1", "  select unload(1)", "DROP TABLE t"])
def test_other_statements_are_none_of_it(statement: str) -> None:
    assert read_unload(statement) is None


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        pytest.param("", "UNLOAD needs", id="no target"),
        pytest.param("TO 's3://b/k'", "format: given ''", id="no format"),
        pytest.param("TO 's3://b/k' WITH (format = 'ORC')", "given 'ORC'", id="another format"),
        pytest.param(
            "TO 's3://b/k' WITH (format = 'JSON', compression = 'ZSTD')",
            "given 'ZSTD'",
            id="another compression",
        ),
        pytest.param(
            "TO 's3://b/k' WITH (format = 'JSON', field_delimiter = '|')",
            "does not know the options field_delimiter",
            id="an option that is not known",
        ),
        pytest.param("TO '/tmp/k' WITH (format = 'JSON')", "UNLOAD needs", id="no S3"),
    ],
)
def test_what_cannot_be_written_is_refused(rest: str, words: str) -> None:
    with pytest.raises(UnloadRefused, match=words):
        read_unload(f"UNLOAD (SELECT 1) {rest}")
