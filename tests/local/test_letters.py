"""Dead letters of the platform: written as AWS writes them, seen, and brought back."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kindred_aws.letter_queue import LetterQueue
from ops.local.operator_credentials import operator_environment
from tests.local.event_stream import Stream, mapping_to
from tests.local.local_platform import KINDRED, LocalPlatform, wait_until

pytestmark = pytest.mark.slow

PROCESSING = "ProcessEventsFunctionName"
BROKEN = "experiment_functions.no_such_module.handler"
GIVEN_UP = "RetryAttemptsExhausted"


def letters(platform: LocalPlatform, *arguments: str) -> tuple[int, Any]:
    """Status and document of `kindred letters`, given by an operator."""
    answer = subprocess.run(
        [str(KINDRED), "letters", *arguments, "--environment", "local", "--json"],
        env={**os.environ, **operator_environment(platform.settings)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.stdout, answer.stderr
    return answer.returncode, json.loads(answer.stdout)


def because(platform: LocalPlatform, queue: str, reason: str) -> int:
    """How many letters of the queue have it."""
    _, document = letters(platform, "list")
    [found] = [each for each in document["queues"] if each["queue"] == queue]
    return sum(each["letters"] for each in found["reasons"] if reason in each["reason"])


def written(platform: LocalPlatform) -> int:
    """Letters of what was not counted, in whoever's hand."""
    url = platform.outputs["EventsDeadLetterQueueUrl"]
    return LetterQueue(platform.aws("sqs"), queue_url=url).waiting()


@contextmanager
def broken(platform: LocalPlatform) -> Iterator[None]:
    """Nothing can be counted, and no batch is tried again."""
    functions, mapping = platform.aws("lambda"), mapping_to(platform, PROCESSING)
    function = {"FunctionName": platform.outputs[PROCESSING]}
    handler = functions.get_function_configuration(**function)["Handler"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], MaximumRetryAttempts=0)
    functions.update_function_configuration(**function, Handler=BROKEN)
    try:
        yield
    finally:
        functions.update_function_configuration(**function, Handler=handler)
        functions.update_event_source_mapping(
            UUID=mapping["UUID"], MaximumRetryAttempts=mapping["MaximumRetryAttempts"]
        )


def test_what_a_broken_function_gave_up_is_counted_once_it_is_mended(
    platform: LocalPlatform,
) -> None:
    stream, before = Stream(platform), written(platform)
    with broken(platform):
        stream.put(stream.exposure("u1"), stream.exposure("u2"), stream.conversion("u1"))
        # What poisons a batch is looked for in halves, to the last: each is a letter of its own.
        wait_until(lambda: written(platform) == before + 3)
    assert stream.counted == (0, 0, 0.0)
    assert because(platform, "uncounted", GIVEN_UP) == 3

    status, document = letters(platform, "redrive", "uncounted", "--reason", GIVEN_UP)

    assert (status, document["brought_back"], document["left"]) == (0, 3, 0)
    wait_until(lambda: stream.counted == (2, 1, 1.0))
    assert written(platform) == before


def test_a_poisoned_event_stays_and_says_why(platform: LocalPlatform) -> None:
    stream, kind = Stream(platform), f"kind-{uuid.uuid4().hex[:8]}"
    before = written(platform)
    stream.put({**stream.exposure("u1"), "type": kind})
    wait_until(lambda: written(platform) > before)

    status, document = letters(platform, "redrive", "uncounted", "--reason", kind)

    [letter] = document["letters"]
    assert (status, document["brought_back"]) == (1, 0)
    assert "it would be refused again: type: invalid value" in letter["why_not"]


def test_a_start_that_was_missed_is_made_up_for(platform: LocalPlatform) -> None:
    name = platform.outputs["AggregateMetricsFunctionName"]
    function = platform.aws("lambda").get_function_configuration(FunctionName=name)
    told = {
        "ERROR_CODE": "AccessDeniedException",
        "ERROR_MESSAGE": uuid.uuid4().hex,
        "TARGET_ARN": function["FunctionArn"],
    }
    platform.aws("sqs").send_message(
        QueueUrl=platform.outputs["UnscheduledDeadLetterQueueUrl"],
        MessageBody=json.dumps({"scheduled_at": "2026-01-02T01:30:00Z"}),
        MessageAttributes={
            key: {"DataType": "String", "StringValue": value} for key, value in told.items()
        },
    )
    runs = _runs(platform, name)

    status, document = letters(
        platform, "redrive", "unscheduled", "--reason", told["ERROR_MESSAGE"]
    )

    assert (status, document["letters"][0]["to"]) == (0, f"function {name}")
    wait_until(lambda: _runs(platform, name) > runs)


def _runs(platform: LocalPlatform, function: str) -> int:
    """Invocations that ended, as the function's log counts them."""
    events = platform.aws("logs").filter_log_events(logGroupName=_log_group(platform, function))
    return sum(event["message"].startswith("REPORT") for event in events["events"])


def _log_group(platform: LocalPlatform, function: str) -> str:
    found = platform.aws("lambda").get_function_configuration(FunctionName=function)
    return str(found["LoggingConfig"]["LogGroup"])
