"""Events reach OpenSearch whatever happens to it, and none of them stops another."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from experiment_functions import index_events
from kindred_aws import search_index

# Seconds a file.
pytestmark = pytest.mark.slow


class OpenSearch:
    """Speaks `_bulk` as OpenSearch does; `status` other than 200 is what it answers to all.

    `refuse` gives a document's status and error, or None.
    """

    def __init__(self):
        self.documents = {}
        self.requests = []
        self.status = 200
        self.refuse = lambda _: None
        self.largest = 10**9

    def answer(self, headers, body):
        self.requests.append(headers)
        if self.status != 200:
            return self.status, {"error": "circuit_breaking_exception", "status": self.status}
        if len(body) > self.largest:
            return 413, {"error": "too large"}
        lines = [json.loads(line) for line in body.splitlines()]
        items = []
        for action, document in zip(lines[::2], lines[1::2], strict=True):
            place = action["index"]
            refusal = self.refuse(document)
            if refusal is None:
                known = (place["_index"], place["_id"]) in self.documents
                self.documents[place["_index"], place["_id"]] = document
                items.append({"index": {**place, "status": 200 if known else 201}})
            else:
                status, error = refusal
                items.append({"index": {**place, "status": status, "error": error}})
        return 200, {"took": 1, "errors": any("error" in i["index"] for i in items), "items": items}


@pytest.fixture
def opensearch(aws, monkeypatch):
    domain = OpenSearch()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/_bulk"
            status, answer = domain.answer(dict(self.headers), body)
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("OPENSEARCH_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OPENSEARCH_INDEX_PREFIX", "events")
    yield domain
    server.shutdown()
    thread.join()
    server.server_close()


def handle(records):
    return index_events.handler({"Records": records}, None)


def first_of(records):
    return {"batchItemFailures": [{"itemIdentifier": records[0]["kinesis"]["sequenceNumber"]}]}


def test_events_lie_in_the_index_of_their_day_under_their_id(opensearch, record, document):
    records = [
        record(1, document(1)),
        record(2, document(2, occurred_at="2026-01-01T23:30:00-02:00")),
    ]

    assert handle(records) == {"batchItemFailures": []}
    assert opensearch.documents.keys() == {
        ("events-2026.01.01", "e/event-0000000000000001"),
        ("events-2026.01.02", "e/event-0000000000000002"),
    }
    assert opensearch.documents["events-2026.01.01", "e/event-0000000000000001"]["variation"] == "a"


def test_two_experiments_may_give_their_events_one_id(opensearch, record, document):
    handle([record(1, document(1)), record(2, document(1, experiment_id="f"))])

    assert {id_ for _, id_ in opensearch.documents} == {
        "e/event-0000000000000001",
        "f/event-0000000000000001",
    }


def test_requests_are_signed_for_the_domain(opensearch, record, document):
    handle([record(1, document(1))])

    (headers,) = opensearch.requests
    assert "/us-east-1/es/aws4_request" in headers["Authorization"]
    assert headers["Content-Type"] == "application/x-ndjson"


def test_an_event_that_comes_again_replaces_itself(opensearch, record, document):
    records = [record(n, document(n)) for n in range(10)]
    handle(records)

    assert handle(records) == {"batchItemFailures": []}
    assert len(opensearch.documents) == 10


@pytest.mark.parametrize("status", [429, 500, 503, 403])
def test_while_it_is_down_all_comes_again_and_nothing_is_lost(
    opensearch, record, document, letters, status
):
    records = [record(n, document(n)) for n in range(5)]
    opensearch.status = status

    assert handle(records) == first_of(records)
    assert handle(records) == first_of(records)
    opensearch.status = 200

    assert handle(records) == {"batchItemFailures": []}
    assert len(opensearch.documents) == 5
    assert letters() == []


def test_an_endpoint_that_does_not_answer_is_as_good_as_down(
    opensearch, record, document, monkeypatch
):
    monkeypatch.setenv("OPENSEARCH_ENDPOINT", "http://127.0.0.1:1")
    records = [record(1, document(1))]

    assert handle(records) == first_of(records)


def test_a_document_that_is_rejected_for_good_is_put_aside(opensearch, record, document, letters):
    error = {"type": "mapper_parsing_exception", "reason": "failed to parse field [value]"}
    opensearch.refuse = lambda given: (400, error) if given["unit_id"] == "unit-2" else None
    records = [record(n, document(n)) for n in range(5)]

    assert handle(records) == {"batchItemFailures": []}
    (letter,) = letters()
    assert letter["reason"] == "mapper_parsing_exception: failed to parse field [value]"
    assert letter["consumer"] == "index_events"
    assert len(opensearch.documents) == 4


@pytest.mark.parametrize(
    "busy",
    [
        (429, {"type": "es_rejected_execution_exception", "reason": "queue is full"}),
        (403, {"type": "cluster_block_exception", "reason": "blocked by: [FORBIDDEN/8/...]"}),
    ],
    ids=["too many requests", "writes blocked for want of disk"],
)
def test_what_it_is_too_busy_for_comes_again(opensearch, record, document, letters, busy):
    opensearch.refuse = lambda given: busy if given["unit_id"] in ("unit-3", "unit-4") else None
    records = [record(n, document(n)) for n in range(6)]

    assert handle(records) == first_of(records[3:])
    assert letters() == []


def test_what_comes_again_is_not_put_aside_each_time(opensearch, record, document, letters):
    busy = (429, {"type": "es_rejected_execution_exception", "reason": "queue is full"})
    bad = (400, {"type": "mapper_parsing_exception", "reason": "failed to parse"})
    answers = {"unit-1": bad, "unit-3": busy, "unit-4": bad}
    opensearch.refuse = lambda given: answers.get(given["unit_id"])
    records = [record(n, document(n)) for n in range(6)]

    assert handle(records) == first_of(records[3:])
    assert handle(records[3:]) == first_of(records[3:])
    del answers["unit-3"]
    assert handle(records[3:]) == {"batchItemFailures": []}

    put_aside = sorted(letter["sequence_number"] for letter in letters())
    assert put_aside == [records[n]["kinesis"]["sequenceNumber"] for n in (1, 4)]


def test_a_batch_too_large_for_it_is_halved(opensearch, record, document, letters):
    records = [record(n, document(n)) for n in range(20)]
    records[7] = record(7, document(7, segments={"é" * 64: "x" * 64, "b" * 64: "é" * 64}))
    opensearch.largest = 600

    assert handle(records) == {"batchItemFailures": []}
    assert len(opensearch.documents) == 19
    assert [letter["reason"][:4] for letter in letters()] == ["413:"]


def test_records_that_are_no_events_are_left_to_the_function_that_counts(
    opensearch, record, document, letters
):
    assert handle([record(1, b"poison"), record(2, document(2))]) == {"batchItemFailures": []}
    assert len(opensearch.documents) == 1
    assert letters() == []


def test_an_answer_that_is_none_loses_nothing(opensearch, record, document, monkeypatch):
    monkeypatch.setattr(opensearch, "answer", lambda *_: (200, {"items": []}))
    records = [record(1, document(1))]

    assert handle(records) == first_of(records)


def test_a_domains_host_name_is_reached_over_tls():
    index = search_index.SearchIndex(
        "search-x.us-east-1.es.amazonaws.com", prefix="e", region="r", credentials=None
    )

    assert index._url == "https://search-x.us-east-1.es.amazonaws.com/_bulk"
