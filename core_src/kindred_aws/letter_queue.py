"""A queue of dead letters: looked through without taking, put back, and emptied one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

# What one call takes.
LETTERS_PER_CALL = 10
# Without waiting SQS asks a part of its servers only.
_WAIT_SECONDS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    message_id: str
    handle: str
    sent_at: datetime
    body: str
    attributes: Mapping[str, str]


class LetterQueue:
    def __init__(self, client: SQSClient, *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def waiting(self) -> int:
        """About how many there are, those in somebody's hand included."""
        held = self._client.get_queue_attributes(
            QueueUrl=self._queue_url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return sum(map(int, held.values()))

    def receive(self, *, hidden_seconds: int) -> Iterator[list[Received]]:
        """A call's letters, each letter once; nobody else receives it while it is hidden."""
        seen: set[str] = set()
        while True:
            messages = self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=LETTERS_PER_CALL,
                VisibilityTimeout=hidden_seconds,
                WaitTimeSeconds=_WAIT_SECONDS,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp"],
            ).get("Messages", [])
            fresh = [each for each in messages if each["MessageId"] not in seen]
            if not fresh:
                # The queue's end; or all of these come again, as they were hidden for too short.
                return
            seen.update(each["MessageId"] for each in fresh)
            yield [_received(each) for each in fresh]

    def put_back(self, letters: Sequence[Received]) -> None:
        """For others to see at once. Never raises: by itself each comes back somewhat later."""
        for call in _calls(letters):
            with suppress(BotoCoreError, ClientError):
                self._client.change_message_visibility_batch(
                    QueueUrl=self._queue_url,
                    Entries=[
                        {"Id": str(n), "ReceiptHandle": each.handle, "VisibilityTimeout": 0}
                        for n, each in enumerate(call)
                    ],
                )

    def remove(self, letters: Sequence[Received]) -> frozenset[str]:
        """The ids of those that SQS did not remove. Raises errors of boto3."""
        left: set[str] = set()
        for call in _calls(letters):
            answer = self._client.delete_message_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": each.handle} for n, each in enumerate(call)
                ],
            )
            left.update(call[int(each["Id"])].message_id for each in answer.get("Failed", []))
        return frozenset(left)


def _calls(letters: Sequence[Received]) -> Iterator[Sequence[Received]]:
    for at in range(0, len(letters), LETTERS_PER_CALL):
        yield letters[at : at + LETTERS_PER_CALL]


def _received(message: MessageTypeDef) -> Received:
    milliseconds = int(message["Attributes"]["SentTimestamp"])
    return Received(
        message_id=message["MessageId"],
        handle=message["ReceiptHandle"],
        sent_at=datetime.fromtimestamp(milliseconds / 1_000, UTC),
        body=message["Body"],
        attributes={
            name: each.get("StringValue", "")
            for name, each in message.get("MessageAttributes", {}).items()
        },
    )
