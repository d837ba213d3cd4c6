"""Batches of the stream are counted; a record that is no event delays none of its neighbours."""

from __future__ import annotations

import base64
import json

import pytest
from botocore.exceptions import ClientError

from experiment_functions import process_events, stream_settings
from kindred_aws.dead_letters import DeadLetter, DeadLetterQueue
from kindred_aws.experiment_counters import ExperimentCounters


def handle(records):
    return process_events.handler({"Records": records}, None)


def exposed(aws, variation="a"):
    counters = ExperimentCounters(aws["dynamodb"], table_name="counters")
    return counters.read("e").exposed(variation).units


@pytest.fixture
def emitted(capsys):
    """Metrics that the last invocation wrote."""

    def read():
        for line in reversed(capsys.readouterr().out.splitlines()):
            if "_aws" in (found := json.loads(line)):
                return found
        return {}

    return read


def test_a_batch_is_counted_and_nothing_comes_again(aws, record, document, letters, emitted):
    answer = handle([record(n, document(n)) for n in range(100)])

    assert answer == {"batchItemFailures": []}
    assert (exposed(aws), letters()) == (100, [])
    metrics = emitted()
    assert metrics["EventsCounted"] == [100.0]
    assert metrics["OldestEventAge"][0] > 0


def test_a_batch_that_comes_again_is_not_counted_again(aws, record, document, emitted):
    batch = [record(n, document(n)) for n in range(10)]
    handle(batch)

    assert handle(batch) == {"batchItemFailures": []}
    assert exposed(aws) == 10
    assert emitted()["EventsDuplicated"] == [10.0]


def test_counters_have_the_shard_of_the_stream(aws, record, document):
    handle([record(1, document(1)), record(2, document(2), shard="shardId-000000000070")])
    handle([record(3, document(3), shard="shardId-000000000007")])

    items = aws["dynamodb"].scan(TableName="counters")["Items"]
    counted = {item["variation_metric"]["S"]: item["units"]["N"] for item in items}
    assert counted == {"a#-#2026-01-01#-#06": "2", "a#-#2026-01-01#-#07": "1"}


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        pytest.param(b"\xff\x00", "given no JSON document", id="bytes"),
        pytest.param(b'{"type": "purchase"}', "type: invalid value 'purchase'", id="another type"),
        pytest.param("!!not base64!!", "", id="no base64"),
    ],
)
def test_a_poisoned_record_is_put_aside_and_its_neighbours_count(
    aws, record, document, letters, poison, reason
):
    records = [record(n, document(n)) for n in range(5)]
    records[2] = record(2, poison)

    assert handle(records) == {"batchItemFailures": []}
    assert exposed(aws) == 4
    (letter,) = letters()
    assert reason in letter["reason"]
    assert letter["sequence_number"] == records[2]["kinesis"]["sequenceNumber"]
    assert letter["shard_id"] == "shardId-000000000006"
    assert letter["consumer"] == "process_events"
    if isinstance(poison, bytes):
        assert base64.b64decode(letter["data"]) == poison


def test_what_names_no_experiment_is_no_experiments_business(aws, record, document, letters):
    prediction = document(1, type="prediction", app_id="app", model_version="v1", score=0.5)
    click = document(2, type="click", experiment_id=None, app_id="app", request_id="r")

    assert handle([record(1, prediction), record(2, click)]) == {"batchItemFailures": []}
    assert aws["dynamodb"].scan(TableName="ledger")["Count"] == 0
    assert letters() == []


def test_what_was_not_counted_comes_again_from_its_first_record_on(
    aws, record, document, monkeypatch
):
    records = [record(n, document(n)) for n in range(100)]
    client = stream_settings.ledger()._client
    write = client.transact_write_items
    calls = []

    def second_fails(**arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise ClientError({"Error": {"Code": "InternalFailure", "Message": "x"}}, "T")
        return write(**arguments)

    monkeypatch.setattr(client, "transact_write_items", second_fails)
    answer = handle(records)
    counted = exposed(aws)

    assert 0 < counted < 100
    assert answer == {
        "batchItemFailures": [
            {"itemIdentifier": records[counted]["kinesis"]["sequenceNumber"]},
        ]
    }
    assert handle(records[counted:]) == {"batchItemFailures": []}
    assert exposed(aws) == 100


def test_a_record_that_cannot_be_put_aside_comes_again(aws, record, document):
    aws["sqs"].delete_queue(QueueUrl=aws["queue"])
    records = [record(0, document(0)), record(1, b"poison"), record(2, document(2))]

    answer = handle(records)

    assert answer == {
        "batchItemFailures": [{"itemIdentifier": records[1]["kinesis"]["sequenceNumber"]}]
    }
    assert exposed(aws) == 2


def test_an_event_that_the_table_refuses_for_good_is_put_aside(
    aws, record, document, letters, monkeypatch
):
    client = stream_settings.ledger()._client
    write = client.transact_write_items

    def refuses_the_third(**arguments):
        if any("e#event-0000000000000002" in str(item) for item in arguments["TransactItems"]):
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "no"}}, "T")
        return write(**arguments)

    monkeypatch.setattr(client, "transact_write_items", refuses_the_third)

    assert handle([record(n, document(n)) for n in range(5)]) == {"batchItemFailures": []}
    assert exposed(aws) == 4
    assert [letter["reason"] for letter in letters()] == ["ValidationException: no"]


def test_missing_rights_lose_nothing(aws, record, document, monkeypatch):
    client = stream_settings.ledger()._client

    def denied(**_):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "B")

    monkeypatch.setattr(client, "batch_get_item", denied)
    records = [record(n, document(n)) for n in range(3)]

    assert handle(records)["batchItemFailures"] == [
        {"itemIdentifier": records[0]["kinesis"]["sequenceNumber"]}
    ]


def letter(number, size=10):
    return DeadLetter(
        consumer="c",
        reason="r",
        shard_id="s",
        sequence_number=str(number),
        partition_key="p",
        data="x" * size,
    )


def test_many_and_large_letters_fit_into_calls(aws, letters):
    queue = DeadLetterQueue(aws["sqs"], queue_url=aws["queue"])

    failed = queue.put([letter(n, size=1_400_000 if n == 3 else 50_000) for n in range(25)])

    found = letters()
    assert failed == frozenset()
    assert len(found) == 25
    assert next(each for each in found if each["sequence_number"] == "3")["data_cut_from"] == (
        1_400_000
    )


@pytest.mark.parametrize("given", ["28", "4000", "many"])
def test_a_retention_that_forgets_too_early_is_refused(aws, monkeypatch, given):
    monkeypatch.setenv("EVENT_ID_RETENTION_DAYS", given)

    with pytest.raises(ValueError, match=given):
        stream_settings.counting_settings()
