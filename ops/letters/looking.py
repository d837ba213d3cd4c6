"""What lies in a queue of dead letters, read without taking it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from kindred.letters.letter import Unreturnable, read_letter
from kindred.letters.reasons import Group, grouped
from kindred_aws.letter_queue import LetterQueue, Received

# Of a queue, and for as long as that takes: a consumer that was broken for a day wrote thousands.
MOST_LOOKED_AT = 1_000
_HIDDEN_SECONDS = 120

Document = dict[str, Any]


def look(queue: LetterQueue) -> Document:
    """Raises errors of boto3; the letters come back all the same."""
    seen: list[Received] = []
    try:
        for call in queue.receive(hidden_seconds=_HIDDEN_SECONDS):
            seen += call
            if len(seen) >= MOST_LOOKED_AT:
                break
    finally:
        queue.put_back(seen)
    oldest = min((each.sent_at for each in seen), default=None)
    return {
        # SQS counts somewhat late, and what is in another's hand is not among those that were seen.
        "letters": max(queue.waiting(), len(seen)),
        "looked_at": len(seen),
        "oldest": oldest.isoformat(timespec="seconds") if oldest else None,
        "reasons": [
            _written(each)
            for each in grouped([read_letter(one.body, one.attributes) for one in seen])
        ],
    }


def _written(group: Group) -> Document:
    content = group.example.content
    return {
        "reason": group.reason,
        "letters": group.letters,
        "example": {
            "reason": group.example.reason,
            "holds": group.example.shown,
            "goes_to": group.example.destination,
            "why_not": content.why if isinstance(content, Unreturnable) else None,
        },
    }


def as_table(queues: Sequence[Document]) -> Table:
    table = Table("queue", "letters", "oldest", "reason", "goes back to", "example", box=None)
    for queue in queues:
        table.add_row(queue["queue"], f"{queue['letters']:,}", queue["oldest"] or "")
        for group in queue["reasons"]:
            example = group["example"]
            table.add_row(
                "",
                f"{group['letters']:,}",
                "",
                escape(group["reason"]),
                escape(": ".join(filter(None, (example["goes_to"], example["why_not"])))),
                escape(example["holds"]),
            )
    return table
