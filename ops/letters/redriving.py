"""Brings letters back to where they came from; each is removed only once that has been accepted.

All that a run brings back it received before it brought back the first: what comes into the queue
meanwhile, be it the same letter written anew, is for another run. Killed between a letter's way
back and its removal, the letter comes back to the queue by itself and goes its way once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kindred.letters.letter import Letter, read_letter
from kindred.letters.reasons import is_because
from kindred_aws.letter_queue import LETTERS_PER_CALL, LetterQueue, Received
from ops.letters.origins import Origins

# Of one run, which ends before the first of them is seen by others again.
MOST_LETTERS = 3_000
_HIDDEN_SECONDS = 30 * 60
NOT_REMOVED = "it was brought back and SQS did not remove it: another run does so a second time"

Told = Callable[[int, int], object]
Pair = tuple[Received, Letter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`why_not` is what keeps the letter in its queue; None once it is on its way."""

    message_id: str
    reason: str
    to: str
    why_not: str | None


@dataclass(slots=True)
class _Taken:
    wanted: list[Pair] = field(default_factory=list)
    others: list[Received] = field(default_factory=list)
    all_seen: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """`reason` and `limit` as the operator gave them; with `look` everything stays as it is."""

    queue: LetterQueue
    origins: Origins
    reason: str | None
    limit: int
    look: bool

    def run(self, told: Told) -> tuple[list[Outcome], bool]:
        """What became of each letter, and whether all of the queue was seen.

        Raises errors of boto3; what was done stays done, and all else is in the queue.
        """
        taken, removed = _Taken(), set[str]()
        try:
            self._take(taken)
            # A trouble's beginning is told before its end.
            wanted = sorted(taken.wanted, key=lambda pair: pair[0].sent_at)
            outcomes: list[Outcome] = []
            for at in range(0, len(wanted), LETTERS_PER_CALL):
                outcomes += self._bring_back(wanted[at : at + LETTERS_PER_CALL], removed)
                told(len(outcomes), len(wanted))
        finally:
            held = [received for received, _ in taken.wanted] + taken.others
            self.queue.put_back([each for each in held if each.message_id not in removed])
        return outcomes, taken.all_seen

    def _take(self, taken: _Taken) -> None:
        for call in self.queue.receive(hidden_seconds=_HIDDEN_SECONDS):
            for received in call:
                letter = read_letter(received.body, received.attributes)
                is_wanted = self.reason is None or is_because(letter, self.reason)
                if is_wanted and len(taken.wanted) < self.limit:
                    taken.wanted.append((received, letter))
                else:
                    taken.others.append(received)
            seen = len(taken.wanted) + len(taken.others)
            if len(taken.wanted) == self.limit or seen >= MOST_LETTERS:
                taken.all_seen = False
                return

    def _bring_back(self, pairs: Sequence[Pair], removed: set[str]) -> list[Outcome]:
        why = self.origins.bring_back([letter for _, letter in pairs], look=self.look)
        accepted = [received for at, (received, _) in enumerate(pairs) if at not in why]
        left: frozenset[str] = frozenset()
        if accepted and not self.look:
            left = self.queue.remove(accepted)
            removed.update({each.message_id for each in accepted} - left)
        return [
            Outcome(
                message_id=received.message_id,
                reason=letter.reason,
                to=letter.destination,
                why_not=why.get(at) or (NOT_REMOVED if received.message_id in left else None),
            )
            for at, (received, letter) in enumerate(pairs)
        ]
