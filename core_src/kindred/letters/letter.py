"""What a dead letter holds, read by the form that its writer gives it.

Sources: AWS Lambda Developer Guide, "Retain discarded batch records" and "Capturing records of
asynchronous invocations"; EventBridge Scheduler User Guide, "Configuring a dead-letter queue";
Amazon SNS Developer Guide, "Dead-letter queues".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kindred.experiments.events import InvalidEvent, decode

_SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecord:
    """An event that a function gave up, whole; the key is its unit's pseudonym, as it came."""

    partition_key: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPart:
    """Records of one shard that are in the stream alone, from `first` to `last`, both included.

    `stream` is a name; without one they are in the environment's own.
    """

    stream: str | None
    shard_id: str
    first: str
    last: str
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionInput:
    """`function` is an ARN."""

    function: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A notice as it was published on its topic."""

    topic_arn: str
    subject: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Unreturnable:
    """Nothing can take it back, and why."""

    why: str


Content = HeldRecord | StreamPart | FunctionInput | Publication | Unreturnable


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`reason` is why it was written; `shown` is what a person sees of what it holds."""

    reason: str
    content: Content
    shown: str

    @property
    def destination(self) -> str:
        match self.content:
            case HeldRecord() | StreamPart():
                return "the stream"
            case FunctionInput(function=arn):
                return f"function {_last(arn)}"
            case Publication(topic_arn=arn):
                return f"topic {_last(arn)}"
            case Unreturnable():
                return "nowhere"


def read_letter(body: str, attributes: Mapping[str, str]) -> Letter:
    """Whoever wrote it; `attributes` are the message's own."""
    try:
        document = json.loads(body)
        if not isinstance(document, dict):
            raise TypeError("given no JSON object")
        return _read(document, attributes)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        said = f"no {error} in it" if isinstance(error, KeyError) else str(error)
        unknown = Unreturnable(f"a letter of no known form: {said}")
        return Letter(reason=_attributed(attributes), content=unknown, shown=_short(body))


def _read(document: dict[str, Any], attributes: Mapping[str, str]) -> Letter:
    if "KinesisBatchInfo" in document:
        return _of_batch(document)
    if "requestPayload" in document:
        return _of_invocation(document)
    if {"consumer", "sequence_number"} <= document.keys():
        return _of_consumer(document)
    if document.get("Type") == "Notification":
        return _of_notice(document, attributes)
    return _of_schedule(document, attributes)


def _of_consumer(document: dict[str, Any]) -> Letter:
    """As `kindred_aws.dead_letters` writes it."""
    number, data = document["sequence_number"], _decoded(document["data"])
    content: Content
    if "data_cut_from" in document:
        content = StreamPart(
            stream=None, shard_id=document["shard_id"], first=number, last=number, records=1
        )
    else:
        content = _event(document["partition_key"], data)
    shown = _short(data.decode(errors="replace"))
    return Letter(reason=str(document["reason"]), content=content, shown=shown)


def _decoded(data: str) -> bytes:
    try:
        # What was cut off leaves up to three characters that are no byte.
        return base64.b64decode(data[: len(data) // 4 * 4], validate=True)
    except binascii.Error:
        return data.encode()


def _event(partition_key: str, data: bytes) -> HeldRecord | Unreturnable:
    try:
        decode(data)
    except InvalidEvent as error:
        return Unreturnable(f"it would be refused again: {error}")
    return HeldRecord(partition_key=partition_key, data=data)


def _of_batch(document: dict[str, Any]) -> Letter:
    batch, context = document["KinesisBatchInfo"], document["requestContext"]
    content = StreamPart(
        stream=batch["streamArn"].rpartition("/")[2],
        shard_id=batch["shardId"],
        first=batch["startSequenceNumber"],
        last=batch["endSequenceNumber"],
        records=int(batch["batchSize"]),
    )
    function = _last(_unqualified(context["functionArn"]))
    shown = f"{content.records} records of {content.shard_id} from {content.first} on"
    return Letter(reason=f"{context['condition']}: {function}", content=content, shown=shown)


def _of_invocation(document: dict[str, Any]) -> Letter:
    context, payload = document["requestContext"], document["requestPayload"]
    content = FunctionInput(function=_unqualified(context["functionArn"]), payload=payload)
    answer = document.get("responsePayload")
    said = answer.get("errorMessage") if isinstance(answer, dict) else None
    reason = f"{context['condition']}: {_last(content.function)}"
    return Letter(
        reason=f"{reason}: {said}" if said else reason,
        content=content,
        shown=_short(json.dumps(payload)),
    )


def _of_schedule(document: dict[str, Any], attributes: Mapping[str, str]) -> Letter:
    """The body is what the target was to be given; all else is in the attributes."""
    target = attributes["TARGET_ARN"]
    content: Content
    if ":function:" not in target:
        content = Unreturnable(f"its target {target} is no function")
    elif attributes.get("IS_PAYLOAD_TRUNCATED") == "true":
        content = Unreturnable("the letter holds a part of the input only")
    else:
        content = FunctionInput(function=_unqualified(target), payload=document)
    return Letter(
        reason=f"{_attributed(attributes)}: {_last(_unqualified(target))}",
        content=content,
        shown=_short(json.dumps(document)),
    )


def _of_notice(document: dict[str, Any], attributes: Mapping[str, str]) -> Letter:
    content = Publication(
        topic_arn=document["TopicArn"],
        subject=document.get("Subject"),
        message=document["Message"],
    )
    return Letter(
        reason=_attributed(attributes),
        content=content,
        shown=_short(content.subject or content.message),
    )


def _attributed(attributes: Mapping[str, str]) -> str:
    """EventBridge Scheduler and SNS spell the same two in their own ways."""
    names = ("ERROR_CODE", "ErrorCode", "ERROR_MESSAGE", "ErrorMessage")
    return ": ".join(attributes[each] for each in names if each in attributes) or "no reason given"


def _unqualified(function_arn: str) -> str:
    return function_arn.removesuffix(":$LATEST")


def _last(arn: str) -> str:
    return arn.rpartition(":")[2]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
