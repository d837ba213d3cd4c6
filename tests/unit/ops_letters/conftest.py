"""A queue of dead letters and what letters come from, in memory."""

import boto3
import pytest

from kindred_aws.event_stream import EventStream
from kindred_aws.letter_queue import LetterQueue
from kindred_aws.shard_records import ShardRecords
from ops.letters.origins import Origins
from ops.letters.redriving import MOST_LETTERS, Redrive

REGION = "us-east-1"


class Started:
    """Lambda as far as it takes a call; `refuses` is an error of its."""

    def __init__(self):
        self.calls, self.refuses = [], None

    def invoke(self, *, FunctionName, InvocationType, Payload):
        if self.refuses:
            raise self.refuses
        self.calls.append((FunctionName, InvocationType, Payload))


class Waiting:
    """What there is: a queue, a stream of one shard, functions and a topic."""

    def __init__(self):
        self.sqs, self.kinesis, self.sns = (
            boto3.client(name, region_name=REGION) for name in ("sqs", "kinesis", "sns")
        )
        self.url = self.sqs.create_queue(QueueName="letters")["QueueUrl"]
        self.kinesis.create_stream(StreamName="events", ShardCount=1)
        self.functions = Started()
        self.queue = LetterQueue(self.sqs, queue_url=self.url)

    def write(self, body, attributes=None):
        told = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in (attributes or {}).items()
        }
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body, MessageAttributes=told)

    def visible(self):
        asked = ["ApproximateNumberOfMessages"]
        held = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=asked)
        return int(held["Attributes"]["ApproximateNumberOfMessages"])

    def put(self, *data):
        """The sequence numbers that the stream gave."""
        entries = [{"PartitionKey": "1.unit", "Data": each} for each in data]
        answer = self.kinesis.put_records(StreamName="events", Records=entries)
        return [each["SequenceNumber"] for each in answer["Records"]]

    def on_stream(self):
        iterator = self.kinesis.get_shard_iterator(
            StreamName="events",
            ShardId="shardId-000000000000",
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        records = self.kinesis.get_records(ShardIterator=iterator)["Records"]
        return [(each["PartitionKey"], each["Data"]) for each in records]

    def origins(self, **changes):
        known = {
            "stream": EventStream(self.kinesis, stream_name="events", sleep=lambda _: None),
            "stream_name": "events",
            "shards": ShardRecords(self.kinesis, sleep=lambda _: None),
            "functions": self.functions,
            "topics": self.sns,
        }
        return Origins(**known | changes)

    def redrive(self, *, reason=None, limit=MOST_LETTERS, look=False, **changes):
        """Why each letter was not brought back, in the order of the letters; None where it was."""
        run = Redrive(
            queue=self.queue,
            origins=self.origins(**changes),
            reason=reason,
            limit=limit,
            look=look,
        )
        outcomes, self.all_seen = run.run(lambda *_: None)
        return [each.why_not for each in outcomes]


@pytest.fixture
def waiting(aws, monkeypatch):
    monkeypatch.setattr("kindred_aws.letter_queue._WAIT_SECONDS", 0)
    return Waiting()
