"""Puts stream records that can never be handled aside, each with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# Of SQS, for a message and for all of a call; base64 and JSON need no more bytes than characters.
_MAX_CALL_BYTES = 256 * 1024
_MAX_DATA_CHARACTERS = 200_000
_MAX_REASON_CHARACTERS = 2_000
_MAX_MESSAGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """`data` is the record's base64, as it came; `consumer` the function that gave it up."""

    consumer: str
    reason: str
    shard_id: str
    sequence_number: str
    partition_key: str
    data: str


class DeadLetterQueue:
    def __init__(self, client: SQSClient, *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, letters: Sequence[DeadLetter]) -> frozenset[str]:
        """The sequence numbers of those that could not be put; never raises."""
        failed: set[str] = set()
        for group in _groups(letters):
            entries: list[Any] = [
                {"Id": str(n), "MessageBody": body} for n, (_, body) in enumerate(group)
            ]
            try:
                answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
                lost = [int(entry["Id"]) for entry in answer.get("Failed", [])]
            except (BotoCoreError, ClientError):
                lost = list(range(len(group)))
            failed.update(group[n][0].sequence_number for n in lost)
        return frozenset(failed)


def _groups(letters: Sequence[DeadLetter]) -> Iterator[list[tuple[DeadLetter, str]]]:
    group: list[tuple[DeadLetter, str]] = []
    size = 0
    for letter in letters:
        body = _body(letter)
        if group and (len(group) == _MAX_MESSAGES or size + len(body) > _MAX_CALL_BYTES):
            yield group
            group, size = [], 0
        group.append((letter, body))
        size += len(body)
    if group:
        yield group


def _body(letter: DeadLetter) -> str:
    document: dict[str, Any] = asdict(letter)
    document["reason"] = letter.reason[:_MAX_REASON_CHARACTERS]
    if len(letter.data) > _MAX_DATA_CHARACTERS:
        # The whole record stays in the stream, where its sequence number finds it.
        document["data"] = letter.data[:_MAX_DATA_CHARACTERS]
        document["data_cut_from"] = len(letter.data)
    return json.dumps(document)
