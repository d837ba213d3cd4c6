"""Pseudonyms of units: keyed hashes under a secret that rotates, a generation at a time.

Which generation's depends on nothing but when: of an experiment's events on when the experiment
began, of all others on the day (in UTC) of the event. So a unit is one unit to an experiment for
as long as it runs, and one requester for a whole day, whatever rotates meanwhile.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

# 128 bits: of a billion units no two share a pseudonym.
_DIGITS = 32
# What stands before it in a unit's id is a group of its own, as a partner's requesters are.
_GROUP_ENDS = ":"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """In force from `since` on, which is a midnight in UTC, until the next one's."""

    number: int
    since: datetime
    key: str = field(repr=False)


class Pseudonyms:
    """Needs one generation at least; their order does not matter."""

    def __init__(self, generations: Sequence[Generation]) -> None:
        if not generations:
            raise ValueError("generations: given none, allowed one or more")
        # Two rotations before one midnight begin together: the later is the one in force.
        ordered = sorted(generations, key=lambda each: (each.since, each.number))
        self.generations = tuple(ordered)

    def of(self, unit_id: str, *, at: datetime) -> str:
        """Under the generation in force at `at`; before the first that is kept, under that one."""
        held = [each for each in self.generations if each.since <= at]
        return _pseudonym((held or self.generations[:1])[-1], unit_id)

    def on_day(self, unit_id: str, *, at: datetime) -> str:
        """Under the generation in force when the day of `at` began."""
        return self.of(unit_id, at=_midnight(at))

    def every(self, unit_id: str) -> tuple[str, ...]:
        """Under each generation: all that may stand for the unit anywhere."""
        return tuple(_pseudonym(each, unit_id) for each in self.generations)


def digest_of(pseudonym: str) -> str:
    """The part that no other unit shares, where there is no room for all of it."""
    return pseudonym.rpartition(".")[2]


def _pseudonym(generation: Generation, unit_id: str) -> str:
    """`2.<digest>`; of `partner:app` it is `2.<digest of partner>:2.<digest of partner:app>`."""
    group, ends, _ = unit_id.partition(_GROUP_ENDS)
    texts = (group, unit_id) if ends else (unit_id,)
    return _GROUP_ENDS.join(f"{generation.number}.{_digest(generation, text)}" for text in texts)


def _digest(generation: Generation, text: str) -> str:
    # Half of a character, which JSON can hold, is an id like any other.
    raw = text.encode(errors="surrogatepass")
    return hmac.new(generation.key.encode(), raw, hashlib.sha256).hexdigest()[:_DIGITS]


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
