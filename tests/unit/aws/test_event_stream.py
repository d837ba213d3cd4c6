import json

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from kindred_aws.event_stream import BYTES_PER_CALL, EventStream, Record

ACCEPTED = {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}
REFUSED = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"}
UNREACHABLE = EndpointConnectionError(endpoint_url="https://kinesis")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutRecords")


def records(count, size=1):
    return [Record(f"unit-{n}", b"%05d" % n + b"." * (size - 1)) for n in range(count)]


class ClientFake:
    """Answers each call with the next of `answers`: positions it refuses, or an error."""

    def __init__(self, *answers):
        self.answers, self.calls = list(answers), []

    def put_records(self, *, StreamName, Records):
        self.calls.append([entry["Data"] for entry in Records])
        answer = self.answers.pop(0) if self.answers else ()
        if isinstance(answer, Exception):
            raise answer
        return {"Records": [REFUSED if n in answer else ACCEPTED for n in range(len(Records))]}


def stream(client):
    pauses = []
    return EventStream(client, stream_name="events", sleep=pauses.append), pauses


@pytest.fixture
def kinesis(aws):
    client = boto3.client("kinesis", region_name="us-east-1")
    client.create_stream(StreamName="events", ShardCount=1)
    return client


def test_what_was_put_is_read_from_the_stream_in_its_order(kinesis):
    sent = [Record("u", json.dumps({"n": n}).encode()) for n in range(3)]

    assert stream(kinesis)[0].put(sent) == {}

    shard = kinesis.list_shards(StreamName="events")["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName="events", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert [(each["PartitionKey"], each["Data"]) for each in found] == [
        (each.partition_key, each.data) for each in sent
    ]


def test_a_call_takes_five_hundred_records_and_five_megabytes():
    client = ClientFake()
    stream(client)[0].put(records(1_001))

    assert [len(call) for call in client.calls] == [500, 500, 1]

    large = ClientFake()
    stream(large)[0].put(records(11, size=1_000_000))

    assert [len(call) for call in large.calls] == [5, 5, 1]
    assert all(sum(map(len, call)) <= BYTES_PER_CALL for call in large.calls)


def test_only_what_was_refused_goes_again_and_in_its_order():
    client = ClientFake({1, 3, 4}, {0})
    put, pauses = stream(client)

    assert put.put(records(5)) == {}

    again = [[data[:5] for data in call] for call in client.calls[1:]]
    assert again == [[b"00001", b"00003", b"00004"], [b"00001"]]
    assert pauses == sorted(pauses)
    assert len(pauses) == 2


def test_what_is_refused_to_the_last_is_reported_by_its_position():
    put, _ = stream(ClientFake({2}, {0}, {0}, {0}))

    assert put.put(records(4)) == {2: "ProvisionedThroughputExceededException"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(UNREACHABLE, "EndpointConnectionError", id="no connection"),
        pytest.param(DENIED, "AccessDeniedException", id="a refusal"),
    ],
)
def test_a_stream_that_is_down_takes_nothing_and_raises_nothing(error, code):
    put, _ = stream(ClientFake(*[error] * 4))

    assert put.put(records(2)) == {0: code, 1: code}


def test_a_stream_that_comes_back_takes_what_it_had_not():
    client = ClientFake(UNREACHABLE)
    put, _ = stream(client)

    assert put.put(records(2)) == {}
    assert len(client.calls) == 2
