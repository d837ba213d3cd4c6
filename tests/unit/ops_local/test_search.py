"""What the stand-in for OpenSearch answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from ops.local.search import STAND_IN_HEADER, create_app
from ops.local.search_index import SearchIndex

EVENT = {"type": "exposure", "experiment_id": "gate", "value": 3, "segments": {"country": "DE"}}


def lines(*entries: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def action(document_id: str, verb: str = "index") -> dict[str, Any]:
    return {verb: {"_index": "events", "_id": document_id}}


@pytest.fixture
def index() -> SearchIndex:
    return SearchIndex()


class Refusing:
    """Who may call, without an emulator."""

    def __init__(self, reason: str | None = None) -> None:
        self.reason = reason

    async def refusal(self, _: Request, __: bytes) -> str | None:
        return self.reason


@pytest.fixture
def client(index: SearchIndex) -> TestClient:
    return TestClient(create_app(index, Refusing()))


def test_a_document_that_is_indexed_again_is_there_once(client: TestClient) -> None:
    first = client.post("/_bulk", content=lines(action("1"), EVENT)).json()
    again = client.post("/_bulk", content=lines(action("1"), EVENT)).json()

    assert first["items"][0]["index"]["result"] == "created"
    assert again["items"][0]["index"]["result"] == "updated"
    assert client.get("/events/_count").json() == {"count": 1}


def test_an_action_that_fails_stops_no_other(client: TestClient) -> None:
    client.put("/events/_doc/1", json=EVENT)
    body = lines(action("1", "create"), EVENT, action("2"), EVENT, action("3", "delete"))

    answer = client.post("/_bulk", content=body).json()

    assert answer["errors"] is True
    assert [next(iter(item.values()))["status"] for item in answer["items"]] == [409, 201, 404]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"match_all": {}}, 1, id="everything"),
        pytest.param({"term": {"experiment_id": "gate"}}, 1, id="a term"),
        pytest.param({"term": {"experiment_id.keyword": {"value": "gate"}}}, 1, id="a keyword"),
        pytest.param({"term": {"segments.country": "FR"}}, 0, id="a nested field"),
        pytest.param({"terms": {"value": [1, 3]}}, 1, id="one of several terms"),
        pytest.param({"range": {"value": {"gte": 4}}}, 0, id="a range"),
        pytest.param({"exists": {"field": "absent"}}, 0, id="a field that is not there"),
        pytest.param({"ids": {"values": ["1"]}}, 1, id="an id"),
        pytest.param(
            {
                "bool": {
                    "filter": [{"term": {"type": "exposure"}}, {"range": {"value": {"lt": 4}}}],
                    "must_not": {"term": {"type": "click"}},
                }
            },
            1,
            id="filters together",
        ),
        pytest.param(
            {"bool": {"should": [{"term": {"type": "a"}}, {"term": {"type": "b"}}]}},
            0,
            id="none of what should be",
        ),
    ],
)
def test_a_query_finds_what_matches(
    client: TestClient, query: dict[str, Any], expected: int
) -> None:
    client.put("/events/_doc/1", json=EVENT)

    assert client.post("/ev*/_search", json={"query": query}).json()["hits"]["total"] == {
        "value": expected,
        "relation": "eq",
    }
    assert client.post("/events/_count", json={"query": query}).json() == {"count": expected}


@pytest.mark.parametrize(
    ("method", "path", "content", "reason"),
    [
        pytest.param("POST", "/_bulk", b"{broken", "action 1", id="broken lines"),
        pytest.param("POST", "/_bulk", lines(action("1")), "action 1", id="no document"),
        pytest.param(
            "POST", "/e/_search", lines({"query": {"knn": {}}}), "knows bool", id="unknown query"
        ),
        pytest.param("GET", "/_cat/indices", b"", "stand-in", id="a call it does not have"),
    ],
)
def test_what_it_does_not_understand_is_refused_in_words(
    client: TestClient, method: str, path: str, content: bytes, reason: str
) -> None:
    answer = client.request(method, path, content=content)

    assert answer.status_code == 400
    assert reason in answer.json()["error"]["reason"]


def test_memory_is_bounded_by_dropping_the_oldest() -> None:
    index = SearchIndex(longest_bytes=100)
    for number in range(10):
        index.put("events", str(number), {"padding": "x" * 20})

    assert index.get("events", "9")["found"]
    assert not index.get("events", "0")["found"]
    assert index.count("events", {"match_all": {}}) + index.dropped == 10


def test_it_says_what_it_is(client: TestClient) -> None:
    assert "not OpenSearch" in client.get("/").json()["tagline"]
    assert client.get("/events/_count").headers.items() >= STAND_IN_HEADER.items()


def test_a_document_can_be_read_and_deleted(client: TestClient) -> None:
    client.put("/events/_doc/1", json=EVENT)

    assert client.get("/events/_doc/1").json()["_source"] == EVENT
    assert client.delete("/events/_doc/1").json()["result"] == "deleted"
    assert client.get("/events/_doc/1").status_code == 404


def test_who_may_not_call_changes_nothing(index: SearchIndex) -> None:
    client = TestClient(create_app(index, Refusing("not this role")))

    answer = client.put("/events/_doc/1", json=EVENT)

    assert answer.status_code == 403
    assert answer.json()["error"]["reason"] == "not this role"
    assert index.count("*", {"match_all": {}}) == 0
