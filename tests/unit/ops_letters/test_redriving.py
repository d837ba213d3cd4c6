"""Letters go back to where they came from, and leave their queue only once they are there."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from ops.letters import redriving
from ops.letters.redriving import NOT_REMOVED
from tests.unit.letters import forms


def test_an_event_goes_onto_the_stream_as_it_came_and_its_letter_is_gone(waiting):
    waiting.write(forms.of_consumer(forms.event(1), key="1.unit-1"))

    assert waiting.redrive() == [None]

    assert waiting.on_stream() == [("1.unit-1", forms.event(1))]
    assert waiting.queue.waiting() == 0


def test_a_batch_is_read_from_the_stream_and_put_again(waiting):
    _, first, _, last, _ = waiting.put(b"before", b"1", b"2", b"3", b"after")
    waiting.write(forms.of_batch(first, last, records=3))

    assert waiting.redrive() == [None]

    assert waiting.on_stream()[5:] == [("1.unit", each) for each in (b"1", b"2", b"3")]
    assert waiting.queue.waiting() == 0


@pytest.mark.parametrize(
    ("shard", "gone", "back"),
    [
        pytest.param("shardId-000000000000", 2, [b"2"], id="in part, and the rest goes back"),
        pytest.param("shardId-000000000099", 3, [], id="with its shard"),
    ],
)
def test_a_batch_that_the_stream_forgot_stays_a_letter(waiting, shard, gone, back):
    [number] = waiting.put(b"2")
    waiting.write(forms.of_batch(number, number, records=3, shard=shard))

    [why] = waiting.redrive()

    assert f"{gone} of 3 records have left the stream" in why
    assert [data for _, data in waiting.on_stream()[1:]] == back
    assert waiting.visible() == 1


def test_a_start_calls_its_function_with_its_own_input(waiting):
    payload = {"scheduled_at": "2026-01-01T01:30:00Z"}
    waiting.write(*forms.of_schedule())
    waiting.write(forms.of_invocation(payload))

    assert waiting.redrive() == [None, None]

    called = [(name, kind, json.loads(text)) for name, kind, text in waiting.functions.calls]
    assert called == [(forms.FUNCTION, "Event", payload)] * 2
    assert waiting.queue.waiting() == 0


def test_a_start_that_lambda_does_not_take_stays(waiting):
    error = {"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}
    waiting.functions.refuses = ClientError(error, "Invoke")
    waiting.write(*forms.of_schedule())

    [why] = waiting.redrive()

    assert "ResourceNotFoundException" in why
    assert waiting.visible() == 1


def test_a_notice_is_published_again_where_its_topic_still_is(waiting):
    topic = waiting.sns.create_topic(Name="Warning")["TopicArn"]
    inbox = waiting.sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:inbox"
    waiting.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    waiting.write(*forms.of_notice(topic, Subject="ALARM"))
    waiting.write(*forms.of_notice(f"{topic}Gone"))

    told, lost = waiting.redrive()

    assert told is None
    assert "NotFound" in lost
    [message] = waiting.sqs.receive_message(QueueUrl=inbox)["Messages"]
    body = json.loads(message["Body"])
    assert (body["Subject"], body["Message"]) == ("ALARM", "it is on")
    assert waiting.visible() == 1


def test_what_would_be_refused_again_stays_and_its_neighbours_go(waiting):
    for number in range(25):
        poisoned = number % 5 == 0
        waiting.write(forms.of_consumer(b"no event" if poisoned else forms.event(number)))

    outcomes = waiting.redrive()

    assert sum(why is not None for why in outcomes) == waiting.visible() == 5
    assert sorted(data for _, data in waiting.on_stream()) == sorted(
        forms.event(number) for number in range(25) if number % 5
    )


def test_a_stream_that_takes_nothing_leaves_every_letter(waiting):
    waiting.write(forms.of_consumer(forms.event()))
    waiting.kinesis.delete_stream(StreamName="events")

    assert waiting.redrive() == ["the stream did not take it: ResourceNotFoundException"]
    assert waiting.visible() == 1


def test_a_look_changes_nothing_and_tells_the_same(waiting):
    waiting.write(forms.of_consumer(forms.event()))
    waiting.write(*forms.of_schedule())
    waiting.write(forms.of_consumer(b"no event"))
    waiting.write(forms.of_batch("1", "2", records=2, shard="shardId-000000000099"))

    looked = waiting.redrive(look=True)

    assert (waiting.on_stream(), waiting.functions.calls, waiting.visible()) == ([], [], 4)
    assert looked == waiting.redrive()


def test_only_letters_of_a_reason_go_and_only_so_many(waiting):
    for number, reason in enumerate(["no 'a'", "no 'b'", "other", "no 'c'"]):
        waiting.write(forms.of_consumer(forms.event(number), reason=reason))

    assert waiting.redrive(reason="no *", limit=2) == [None, None]

    assert not waiting.all_seen
    assert waiting.visible() == 2
    assert waiting.redrive(reason="other") == [None]
    assert waiting.all_seen
    assert waiting.visible() == 1


class StreamThatIsPoisonedStill:
    """Takes each event, whereupon its consumer writes the letter anew."""

    def __init__(self, waiting):
        self.waiting, self.taken = waiting, 0

    def put(self, records):
        for record in records:
            self.taken += 1
            self.waiting.write(forms.of_consumer(record.data))
        return {}


def test_a_letter_that_comes_in_meanwhile_is_for_another_run(waiting):
    for number in range(12):
        waiting.write(forms.of_consumer(forms.event(number)))
    stream = StreamThatIsPoisonedStill(waiting)

    assert waiting.redrive(stream=stream) == [None] * 12
    assert stream.taken == waiting.visible() == 12


class Killed(BaseException):
    pass


def kill(*_, **__):
    raise Killed


@pytest.mark.parametrize("writing", ["put_records", "delete_message_batch"])
@pytest.mark.parametrize("at_once", [True, False])
def test_whenever_it_is_killed_nothing_is_lost(waiting, monkeypatch, writing, at_once):
    sent = [forms.event(number) for number in range(15)]
    for each in sent:
        waiting.write(forms.of_consumer(each))
    client = waiting.kinesis if writing == "put_records" else waiting.sqs
    with monkeypatch.context() as killed:
        killed.setattr(client, writing, kill)
        if at_once:
            # Not even what is done at the end: letters come back by themselves, here without delay.
            killed.setattr(waiting.queue, "put_back", lambda _: None)
            killed.setattr(redriving, "_HIDDEN_SECONDS", 0)
        with pytest.raises(Killed):
            waiting.redrive()

    assert waiting.visible() == 15
    assert waiting.redrive() == [None] * 15
    assert waiting.queue.waiting() == 0
    # An event that came twice counts once, by its id.
    assert {data for _, data in waiting.on_stream()} == set(sent)


def test_a_letter_that_cannot_be_removed_says_that_it_will_go_twice(waiting, monkeypatch):
    waiting.write(forms.of_consumer(forms.event()))
    failed = {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}
    monkeypatch.setattr(waiting.sqs, "delete_message_batch", lambda **_: failed)

    assert waiting.redrive() == [NOT_REMOVED]
    assert waiting.visible() == 1


def test_lambda_takes_a_start_by_the_arn_that_a_letter_has(waiting):
    """Moto has no such function; what it says names the one that was asked for."""
    waiting.write(forms.of_invocation({}))

    [why] = waiting.redrive(functions=boto3.client("lambda", region_name="us-east-1"))

    assert f"Function not found: {forms.FUNCTION}" in why


def test_no_more_is_read_of_a_shard_than_a_letter_wants(waiting, monkeypatch):
    numbers, limits = waiting.put(*map(forms.event, range(3))), []
    read = waiting.kinesis.get_records

    def noted(**call):
        limits.append(call["Limit"])
        return read(**call)

    monkeypatch.setattr(waiting.kinesis, "get_records", noted)
    waiting.write(forms.of_batch(numbers[1], numbers[1], records=1))

    assert waiting.redrive() == [None]
    assert limits == [1]
