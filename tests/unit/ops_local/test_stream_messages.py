"""What is told of a batch that was given up, and what a schedule hands to its function."""

from __future__ import annotations

import json

from kindred.letters.letter import FunctionInput, read_letter
from ops.local.emulator.kindred_emulator.failure_record import failure_record
from ops.local.emulator.kindred_emulator.schedule_input import letter_attributes, with_context
from ops.local.emulator.kindred_emulator.stream_polling import Answer, Batch, Reason

MAPPING = {"FunctionArn": "arn:function", "EventSourceArn": "arn:stream"}
RECORDS = tuple(
    {"SequenceNumber": str(number), "ApproximateArrivalTimestamp": 1_700_000_000.25 + number}
    for number in (7, 8, 9)
)


def _record(answer: Answer | None, reason: Reason = Reason.RETRIES) -> dict[str, object]:
    return failure_record(
        MAPPING,
        Batch(RECORDS, failures=3),
        reason,
        answer=answer,
        shard_id="shardId-1",
        version="$LATEST",
        request_id="r",
        now=1_700_000_100.0,
    )


def test_a_batch_that_was_given_up_is_told_by_where_it_is_and_not_by_its_content() -> None:
    record = _record(Answer(failed=True))

    assert record["requestContext"] == {
        "requestId": "r",
        "functionArn": "arn:function",
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["KinesisBatchInfo"] == {
        "shardId": "shardId-1",
        "startSequenceNumber": "7",
        "endSequenceNumber": "9",
        "approximateArrivalOfFirstRecord": "2023-11-14T22:13:27.250Z",
        "approximateArrivalOfLastRecord": "2023-11-14T22:13:29.250Z",
        "batchSize": 3,
        "streamArn": "arn:stream",
    }


def test_a_partial_failure_names_no_error_of_the_function() -> None:
    assert "functionError" not in str(_record(Answer(result={"batchItemFailures": []})))


def test_records_that_grew_too_old_were_never_answered() -> None:
    record = _record(None, Reason.AGE)

    assert record["responseContext"] == {}
    assert "RecordAgeExceeded" in json.dumps(record)


def test_a_schedules_input_gets_the_minute_that_it_was_due_at() -> None:
    text = '{"at": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>"}'

    filled = with_context(text, schedule_arn="arn:s", due=1_700_000_030.7, execution_id="e")

    assert json.loads(filled) == {"at": "2023-11-14T22:13:00Z", "by": "arn:s"}


def test_an_input_without_attributes_is_left_as_it_is() -> None:
    assert with_context('{"a": "<b>"}', schedule_arn="", due=0, execution_id="") == '{"a": "<b>"}'


def test_a_start_that_failed_says_as_on_aws_what_was_to_start() -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    attributes = letter_attributes(
        schedule_arn="arn:s",
        target_arn=function,
        due=1_700_000_030.7,
        execution_id="e",
        error=("AccessDeniedException", "no"),
    )

    letter = read_letter('{"at": 1}', attributes)

    assert letter.content == FunctionInput(function=function, payload={"at": 1})
    assert letter.reason == "AccessDeniedException: no: f"
    assert attributes["SCHEDULED_TIME"] == "2023-11-14T22:13:00Z"
