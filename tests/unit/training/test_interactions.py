"""Interactions: nothing is lost unseen, and what is wrong is named with its file and line."""

import gzip
import json
from pathlib import Path

import pytest

from kindred.similarity.app import Pricing
from kindred.similarity.interactions import (
    InvalidInteraction,
    UnreadableInteractions,
    parse_interaction,
    part_of,
    read_interactions,
)

ROW = {
    "request_id": "r1",
    "occurred_at": "2026-01-05T10:00:00Z",
    "model_version": "v2-1234abcd",
    "query": {"name": "Budget", "category": "Finance", "pricing": "free", "features": ["export"]},
    "query_app_id": "mine",
    "shown": ["a", "b", "c"],
    "clicked": ["c", "a"],
    "historical_ctr": {"a": 0.1, "b": None},
}


def test_a_row_is_read_with_its_clicks_in_rank_order() -> None:
    row = parse_interaction(json.dumps(ROW))

    assert row.clicked == ("a", "c")
    assert row.query is not None
    assert row.query.pricing is Pricing.FREE
    assert row.query.description == ""
    assert row.historical_ctr == {"a": 0.1}


def test_what_is_null_may_be_left_out_and_an_object_may_come_as_text() -> None:
    """So a table's export has it: it knows no nulls, and keeps objects as text."""
    row = {name: ROW[name] for name in ("request_id", "occurred_at", "model_version", "shown")}

    read = parse_interaction(json.dumps(row | {"query": json.dumps(ROW["query"])}))

    assert read.clicked == ()
    assert read.query_app_id is None
    assert read.query is not None
    assert read.query.name == "Budget"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"request_id": ""}, "request_id: given ''", id="no request id"),
        pytest.param({"request_id": "\ud800"}, "request_id: given", id="half a character"),
        pytest.param({"occurred_at": "yesterday"}, "an ISO 8601 time", id="no time"),
        pytest.param({"shown": []}, "1 to 200 app ids", id="nothing shown"),
        pytest.param({"shown": ["a", "a"]}, "each app id once", id="shown twice"),
        pytest.param({"shown": "a"}, "shown: given 'a'", id="no list"),
        pytest.param({"clicked": ["z"]}, "clicked: given 'z'", id="clicked but not shown"),
        pytest.param({"query": None, "query_app_id": None}, "query: given None", id="no query"),
        pytest.param({"query": "Budget"}, "a JSON object", id="text for a query"),
        pytest.param({"query": {"name": "B", "pricing": "dear"}}, "subscription", id="pricing"),
        pytest.param({"query": {"category": "B"}}, "query.name: given None", id="no name"),
        pytest.param({"historical_ctr": {"a": 2}}, "a number from 0 to 1", id="no rate"),
        pytest.param({"historical_ctr": {"a": True}}, "a number from 0 to 1", id="a truth value"),
    ],
)
def test_a_bad_row_says_what_was_given_and_what_is_allowed(
    change: dict[str, object], reason: str
) -> None:
    with pytest.raises(InvalidInteraction, match="allowed") as refused:
        parse_interaction(json.dumps(ROW | change))

    assert reason in str(refused.value)


@pytest.mark.parametrize("text", ["[]", "{", "[" * 9_000, '"text"'])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidInteraction, match="row: given"):
        parse_interaction(text)


def test_every_line_is_a_row_a_repetition_or_bad(tmp_path: Path) -> None:
    rows = [json.dumps(ROW | {"request_id": f"r{n}"}) for n in range(98)]
    (tmp_path / "a.jsonl").write_text("\n".join([*rows, rows[0], "", "{oops"]) + "\n")

    read = read_interactions([tmp_path / "a.jsonl"], most_bad_share=0.01)

    assert (len(read.rows), read.repeated, read.bad_rows) == (98, 1, 1)
    assert str(read.bad[0]).startswith("a.jsonl, line 101: row: given '{oops")


def test_too_many_bad_rows_fail_and_name_the_first(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(ROW) + "\n{\n")

    with pytest.raises(UnreadableInteractions, match=r"1 of 2 rows are bad.*a.jsonl, line 2"):
        read_interactions([tmp_path / "a.jsonl"], most_bad_share=0.01)


def test_files_may_be_gzipped_and_their_order_does_not_matter(tmp_path: Path) -> None:
    one, two = (json.dumps(ROW | {"request_id": name}) for name in ("r1", "r2"))
    (tmp_path / "b.gz").write_bytes(gzip.compress(f"{two}\n{one}\n".encode()))
    (tmp_path / "a").write_text(two + "\n")

    read = read_interactions([tmp_path / "b.gz", tmp_path / "a"], most_bad_share=0.0)

    assert [row.request_id for row in read.rows] == ["r1", "r2"]
    assert read.repeated == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gzip.compress(json.dumps(ROW).encode())[:-9], id="cut off"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken").write_bytes(content)

    with pytest.raises(UnreadableInteractions, match="broken, after line 0"):
        read_interactions([tmp_path / "broken"], most_bad_share=0.5)


def test_no_files_are_refused() -> None:
    with pytest.raises(UnreadableInteractions, match="at least one"):
        read_interactions([], most_bad_share=0.5)


def test_a_fifth_is_held_out_for_ever() -> None:
    parts = [part_of(f"request-{n}") for n in range(20_000)]

    assert parts.count("holdout") / len(parts) == pytest.approx(0.2, abs=0.01)
    assert parts.count("validation") / len(parts) == pytest.approx(0.2, abs=0.01)
    # Pinned: a request that moved from one part to another would be learned by heart.
    assert parts[:4] == ["validation", "holdout", "validation", "validation"]
