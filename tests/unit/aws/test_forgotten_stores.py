"""Each store without the unit that was forgotten, and with everybody else."""

import base64
import itertools
import json

import boto3
import pytest
from botocore.exceptions import ClientError

from kindred.privacy.forgetting import CAPTURED_DIGITS, names_of
from kindred.privacy.pseudonyms import digest_of
from kindred_aws.forgotten_items import ForgottenItems, is_unit, is_unit_of_ledger
from kindred_aws.forgotten_keys import ForgottenKeys
from kindred_aws.forgotten_letters import ForgottenLetters
from kindred_aws.forgotten_lines import ForgottenLines, is_captured, is_undelivered
from kindred_aws.forgotten_log_lines import ForgottenLogLines
from kindred_aws.sticky_units import sticky_key
from kindred_aws.unit_cache import arm_key
from tests.pseudonyms import SecretFake, pseudonym

# Seconds a file.
pytestmark = pytest.mark.slow

NAMES = names_of("p:anna", SecretFake().current)
HERS, ANOTHERS = pseudonym("p:anna"), pseudonym("p:bert")


@pytest.fixture
def ledger(dynamodb):
    for key in (f"u#e#{HERS}", f"u#other#{HERS}", f"u#e#{ANOTHERS}", "u#e#p:anna", "e#e#p:annabel"):
        dynamodb.put_item(TableName="ledger", Item={"id": {"S": key}})
    return ForgottenItems(
        dynamodb, table_name="ledger", key="id", attribute="id", is_named=is_unit_of_ledger
    )


def keys(dynamodb):
    return sorted(item["id"]["S"] for item in dynamodb.scan(TableName="ledger")["Items"])


def test_a_look_removes_nothing(ledger, dynamodb):
    before = keys(dynamodb)

    passed = ledger.go_through(NAMES, remove=False, cursor=None)

    assert (passed.looked_at, passed.found, passed.removed) == (5, 3, 0)
    assert keys(dynamodb) == before


def test_a_unit_goes_from_every_experiment_of_the_ledger(ledger, dynamodb):
    passed = ledger.go_through(NAMES, remove=True, cursor=None)

    assert (passed.found, passed.removed, passed.cursor) == (3, 3, None)
    assert keys(dynamodb) == sorted([f"u#e#{ANOTHERS}", "e#e#p:annabel"])
    assert ledger.go_through(NAMES, remove=False, cursor=None).found == 0


def test_a_pass_goes_on_where_the_last_one_ended(dynamodb, monkeypatch):
    monkeypatch.setattr("kindred_aws.forgotten_items._PAGES", 1)
    for number, unit in enumerate([HERS, ANOTHERS, HERS]):
        item = {"record_id": {"S": f"request#{number}"}, "unit_id": {"S": unit}}
        dynamodb.put_item(TableName="request_log", Item=item)
    scan = dynamodb.scan
    monkeypatch.setattr(dynamodb, "scan", lambda **asked: scan(**asked, Limit=2))
    log = ForgottenItems(
        dynamodb, table_name="request_log", key="record_id", attribute="unit_id", is_named=is_unit
    )

    first = log.go_through(NAMES, remove=True, cursor=None)
    second = log.go_through(NAMES, remove=True, cursor=first.cursor)

    assert (first.looked_at + second.looked_at, first.removed + second.removed) == (3, 2)
    assert (first.cursor is not None, second.cursor) == (True, None)


@pytest.fixture
def bucket(aws):
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    return s3


def undelivered(unit):
    raw = base64.b64encode(json.dumps({"unit_id": unit}).encode()).decode()
    return json.dumps({"rawData": raw}).encode() + b"\n"


def captured(unit):
    inference = f"{digest_of(unit)[:CAPTURED_DIGITS]}-request"
    return json.dumps({"eventMetadata": {"inferenceId": inference}}).encode() + b"\n"


@pytest.mark.parametrize(
    ("line", "is_named"), [(undelivered, is_undelivered), (captured, is_captured)]
)
def test_lines_go_from_their_objects_and_from_what_those_were_before(bucket, line, is_named):
    mixed, alone, others = line(HERS) + line(ANOTHERS), line(HERS), line(ANOTHERS)
    for key, body in (("x/1", mixed), ("x/2", alone), ("x/3", others), ("y/1", alone)):
        bucket.put_object(Bucket="bucket", Key=key, Body=b"before\n")
        bucket.put_object(Bucket="bucket", Key=key, Body=body)
    lines = ForgottenLines(s3=bucket, bucket="bucket", prefix="x/", is_named=is_named)

    passed = lines.go_through(NAMES, remove=True, cursor=None)

    assert (passed.looked_at, passed.found, passed.removed, passed.cursor) == (4, 2, 2, None)
    versions = bucket.list_object_versions(Bucket="bucket")["Versions"]
    held = [
        (
            each["Key"],
            bucket.get_object(Bucket="bucket", Key=each["Key"], VersionId=each["VersionId"]),
        )
        for each in versions
    ]
    # The rest of an object lies beside where it was.
    bodies = sorted((key.partition("kept-")[0], answer["Body"].read()) for key, answer in held)
    assert bodies == sorted(
        [
            ("x/", others),
            *(("x/3", body) for body in (b"before\n", others)),
            *(("y/1", body) for body in (b"before\n", alone)),
        ]
    )
    assert lines.go_through(NAMES, remove=False, cursor=None).found == 0


def test_what_is_cut_off_between_writing_and_removing_is_found_again(bucket, monkeypatch):
    bucket.put_object(Bucket="bucket", Key="x/1.jsonl", Body=captured(HERS) + captured(ANOTHERS))
    lines = ForgottenLines(s3=bucket, bucket="bucket", prefix="x/", is_named=is_captured)

    with monkeypatch.context() as cut:
        cut.setattr("kindred_aws.forgotten_lines.remove_versions", refuse)
        with pytest.raises(TimeoutError):
            lines.go_through(NAMES, remove=True, cursor=None)

    assert lines.go_through(NAMES, remove=False, cursor=None).found == 1
    lines.go_through(NAMES, remove=True, cursor=None)
    [*versions] = bucket.list_object_versions(Bucket="bucket")["Versions"]
    bodies = {
        bucket.get_object(Bucket="bucket", Key=each["Key"])["Body"].read() for each in versions
    }
    assert bodies == {captured(ANOTHERS)}
    assert all(each["Key"].endswith(".jsonl") for each in versions)


def refuse(*_, **__):
    raise TimeoutError


def test_a_queue_that_no_pass_sees_the_end_of_is_not_called_clean(monkeypatch):
    monkeypatch.setattr("kindred_aws.forgotten_letters._RECEIVES", 3)

    passed = ForgottenLetters(client=EndlessQueue(), queue_url="q").go_through(NAMES, remove=False)

    # Fewer a time than were asked for.
    assert (passed.looked_at, passed.found, passed.whole) == (3, 0, False)
    assert passed.notes == ("more letters than one pass receives: empty the queue",)


class EndlessQueue:
    def __init__(self):
        self.numbers = itertools.count()

    def receive_message(self, **_):
        message = {
            "MessageId": str(next(self.numbers)),
            "Body": "{}",
            "ReceiptHandle": "h",
            "Attributes": {"SentTimestamp": "0"},
        }
        return {"Messages": [message]}

    def change_message_visibility_batch(self, **_):
        pass


def test_letters_of_others_stay_in_the_queue_and_are_seen_again(aws):
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    for unit in (HERS, ANOTHERS):
        raw = base64.b64encode(json.dumps({"unit_id": unit}).encode()).decode()
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"data": raw}))
    letters = ForgottenLetters(client=sqs, queue_url=url)

    assert letters.go_through(NAMES, remove=False).found == 1
    passed = letters.go_through(NAMES, remove=True)
    assert (passed.looked_at, passed.removed) == (2, 1)
    again = letters.go_through(NAMES, remove=False)

    assert (again.looked_at, again.found) == (1, 0)


def test_a_pass_that_is_cut_off_hides_no_letter_from_the_next(aws, monkeypatch):
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"unit_id": HERS}))
    letters = ForgottenLetters(client=sqs, queue_url=url)

    def cut_off(**_):
        raise ClientError({"Error": {"Code": "InternalError"}}, "DeleteMessageBatch")

    with monkeypatch.context() as patched:
        patched.setattr(sqs, "delete_message_batch", cut_off)
        with pytest.raises(ClientError):
            letters.go_through(NAMES, remove=True)

    assert letters.go_through(NAMES, remove=False).found == 1


class CacheFake:
    def __init__(self, *keys):
        self.keys = set(keys)

    def exists(self, key):
        return int(key in self.keys)

    def delete(self, key):
        self.keys.remove(key)
        return 1


def test_keys_are_made_again_and_removed():
    others = arm_key("e1", "p", "bert")
    cache = CacheFake(arm_key("e1", "p", "anna"), sticky_key("id", "p:anna"), others)
    forgotten = ForgottenKeys(
        client=cache, experiments=lambda: ["e1", "e2"], attributes=lambda: ["company", "id"]
    )

    passed = forgotten.go_through(NAMES, remove=True)

    assert (passed.looked_at, passed.found, passed.removed) == (4, 2, 2)
    assert cache.keys == {others}


class LogsFake:
    def get_paginator(self, _):
        return self

    def paginate(self, *, logGroupNamePattern):
        assert logGroupNamePattern == "Kindred-dev-"
        yield {"logGroups": [{"logGroupName": name} for name in ("Kindred-dev-b", "Kindred-dev-a")]}

    def filter_log_events(self, *, logGroupName, filterPattern, nextToken=None):
        assert filterPattern in ('"p:anna"', '"jörg"')
        if logGroupName.endswith("a"):
            return {"events": [{}] if nextToken else [], "nextToken": None if nextToken else "more"}
        return {"events": []}


def test_a_log_that_names_a_unit_is_told_by_its_group_and_not_by_what_it_says():
    lines = ForgottenLogLines(client=LogsFake(), named="Kindred-dev-")

    passed = lines.look(NAMES, cursor=None)

    assert (passed.looked_at, passed.found, passed.removed, passed.cursor) == (3, 1, 0, None)
    assert passed.notes == ("Kindred-dev-a: 1 events, gone when its retention ends",)


def test_a_log_is_asked_for_an_id_as_it_is_written_there():
    names = names_of("jörg", SecretFake().current)

    passed = ForgottenLogLines(client=LogsFake(), named="Kindred-dev-").look(names, cursor=None)

    assert passed.found == 1
