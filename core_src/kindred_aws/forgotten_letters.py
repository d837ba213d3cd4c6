"""A unit's events among dead letters: looked at one by one, as a queue cannot be asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kindred.privacy.forgetting import Names, Passed, event_in
from kindred_aws.letter_queue import LetterQueue, Received

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
        queue = LetterQueue(self.client, queue_url=self.queue_url)
        named: list[Received] = []
        others: list[Received] = []
        removed: frozenset[str] = frozenset()
        whole = True
        try:
            for number, letters in enumerate(queue.receive(hidden_seconds=_HIDDEN_SECONDS), 1):
                for letter in letters:
                    (named if _is_named(letter.body, names) else others).append(letter)
                if number == _RECEIVES:
                    whole = False
                    break
            if remove:
                removed = frozenset(each.message_id for each in named) - queue.remove(named)
        finally:
            # A pass that was cut off must not hide them from the next.
            held = [*others, *named]
            queue.put_back([each for each in held if each.message_id not in removed])
        return Passed(
            looked_at=len(held),
            found=len(named),
            removed=len(removed),
            notes=() if whole else ("more letters than one pass receives: empty the queue",),
            whole=whole,
        )


def _is_named(body: str, names: Names) -> bool:
    try:
        letter = json.loads(body)
    except ValueError:
        letter = None
    held = event_in(letter, field_name="data") if isinstance(letter, dict) else b""
    return names.named_by_event(held or body.encode())
