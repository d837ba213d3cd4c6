"""Letters by why they were written: one trouble writes thousands that differ in a value."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kindred.letters.letter import Letter

# What is quoted, ids of requests, and whatever begins with a digit.
_VARIES = re.compile(
    r"'[^']*'|\"[^\"]*\"|`[^`]*`|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b|\b\d[\w.:+-]*"
)


@dataclass(frozen=True, slots=True)
class Group:
    """`reason` has a `*` for what differs; the example is whole."""

    reason: str
    letters: int
    example: Letter


def grouped(letters: Sequence[Letter]) -> list[Group]:
    """By reason and by where they go back to, the most frequent first."""
    alike: dict[tuple[str, str], list[Letter]] = defaultdict(list)
    for letter in letters:
        alike[_alike(letter.reason), letter.destination].append(letter)
    groups = [Group(reason, len(own), own[0]) for (reason, _), own in alike.items()]
    return sorted(groups, key=lambda each: (-each.letters, each.reason))


def is_because(letter: Letter, text: str) -> bool:
    """Whether the reason holds the text, as it was written or with a `*` for what differs."""
    wanted = text.casefold()
    return any(wanted in each.casefold() for each in (letter.reason, _alike(letter.reason)))


def _alike(reason: str) -> str:
    return _VARIES.sub("*", reason)
