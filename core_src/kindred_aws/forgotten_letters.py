"""A unit's events among dead letters: looked at one by one, as a queue cannot be asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kindred.privacy.forgetting import Names, Passed, event_in

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# A pass receives every letter once, if there are no more: they are hidden for as long as it takes.
_RECEIVES = 100
_HIDDEN_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenLetters:
    client: SQSClient
    queue_url: str

    def go_through(self, names: Names, *, remove: bool) -> Passed:
        looked_at = found = 0
        seen: list[str] = []
        full = True
        for _ in range(_RECEIVES):
            letters = self.client.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=1,
            ).get("Messages", [])
            if not letters:
                full = False
                break
            for letter in letters:
                looked_at += 1
                own = _is_named(letter["Body"], names)
                found += own
                if own and remove:
                    self.client.delete_message(
                        QueueUrl=self.queue_url, ReceiptHandle=letter["ReceiptHandle"]
                    )
                else:
                    seen.append(letter["ReceiptHandle"])
        for handle in seen:
            self.client.change_message_visibility(
                QueueUrl=self.queue_url, ReceiptHandle=handle, VisibilityTimeout=0
            )
        return Passed(
            looked_at=looked_at,
            found=found,
            removed=found if remove else 0,
            notes=("more letters than one pass receives: empty the queue",) if full else (),
            whole=not full,
        )


def _is_named(body: str, names: Names) -> bool:
    try:
        letter = json.loads(body)
    except ValueError:
        letter = None
    held = event_in(letter, field_name="data") if isinstance(letter, dict) else b""
    return names.named_by_event(held or body.encode())
