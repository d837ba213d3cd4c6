"""Where letters came from: the stream, functions and topics take their content again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from kindred.letters.letter import (
    FunctionInput,
    HeldRecord,
    Letter,
    Publication,
    StreamPart,
    Unreturnable,
)
from kindred_aws.event_stream import EventStream, Record
from kindred_aws.function_call import FunctionCall
from kindred_aws.shard_records import ShardRecords

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_sns import SNSClient
    from types_boto3_sns.type_defs import PublishInputTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    stream: EventStream
    stream_name: str
    shards: ShardRecords
    functions: LambdaClient
    topics: SNSClient

    def bring_back(self, letters: Sequence[Letter], *, look: bool) -> dict[int, str]:
        """Positions of those that were not accepted, each with why; with `look` all is only read.

        What is left of a part of the stream is put although a record of it is gone.
        """
        why: dict[int, str] = {}
        records: list[tuple[int, Record]] = []
        for at, letter in enumerate(letters):
            try:
                if isinstance(letter.content, HeldRecord | StreamPart):
                    found, missing = self._records(letter.content)
                    records += [(at, each) for each in found]
                else:
                    missing = self._send(letter.content, look=look)
            except (BotoCoreError, ClientError) as error:
                missing = str(error)
            if missing:
                why[at] = missing
        if records and not look:
            for position, code in self.stream.put([each for _, each in records]).items():
                why[records[position][0]] = f"the stream did not take it: {code}"
        return why

    def _records(self, content: HeldRecord | StreamPart) -> tuple[list[Record], str | None]:
        """What goes onto the stream again, and what is missing of it."""
        if isinstance(content, HeldRecord):
            return [Record(content.partition_key, content.data)], None
        found = self.shards.read(
            stream=content.stream or self.stream_name,
            shard_id=content.shard_id,
            first=content.first,
            last=content.last,
            records=content.records,
        )
        gone = content.records - len(found)
        if gone <= 0:
            return found, None
        return found, (
            f"{gone} of {content.records} records have left the stream, which keeps them for days "
            "only; the archive has them"
        )

    def _send(
        self, content: FunctionInput | Publication | Unreturnable, *, look: bool
    ) -> str | None:
        match content:
            case Unreturnable(why):
                return why
            case FunctionInput() if not look:
                call = FunctionCall(self.functions, function_name=content.function)
                return call.send(content.payload)
            case Publication() if not look:
                self.topics.publish(**_published(content))
        return None


def _published(notice: Publication) -> PublishInputTypeDef:
    given: PublishInputTypeDef = {"TopicArn": notice.topic_arn, "Message": notice.message}
    # SNS refuses a subject that is empty.
    return {**given, "Subject": notice.subject} if notice.subject else given
