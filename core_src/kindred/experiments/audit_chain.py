"""The audit log's chain: each record is signed together with the signature of the one before."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What the first record names as the signature before it.
GENESIS = "0" * 64
_FAULTS_TOLD = 50
_LARGEST_GAP = 1_000_000


def canonical(value: Mapping[str, Any]) -> str:
    """One spelling of a JSON object: sorted keys, no spaces, ASCII. Reading and writing it again
    gives the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


class AuditSigner:
    """HMAC-SHA256 over a record's canonical text, which holds the signature before it."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, body: str) -> str:
        return hmac.new(self._secret, body.encode(), hashlib.sha256).hexdigest()

    def is_authentic(self, record: Mapping[str, Any]) -> bool:
        body = canonical({name: value for name, value in record.items() if name != "signature"})
        return hmac.compare_digest(self.sign(body), str(record.get("signature")))


@dataclass(frozen=True, slots=True)
class Fault:
    """`sequence` is the number of the record that is wrong, or of the first that is missing."""

    sequence: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`last` is the end of the chain as read: its number and signature. Kept elsewhere, it proves
    later that nothing was cut off behind it."""

    count: int
    last: tuple[int, str]
    faults: tuple[Fault, ...]


def verify(
    records: Iterable[Mapping[str, Any]],
    signer: AuditSigner,
    *,
    known: tuple[int, str] | None = None,
    published: int = 0,
) -> Verdict:
    """Read the whole log, oldest record first, and say which records are wrong.

    `known` is an earlier verdict's `last`: the log must still hold that record, so signed.
    `published` is a number that the log is known to have reached.
    """
    reading = _Reading(signer)
    known_found = known is None
    for record in records:
        sequence = reading.take(record)
        if known and sequence == known[0]:
            known_found = True
            if record.get("signature") != known[1]:
                reading.fault(sequence, "is not the record that was known by this number")
    reading.tell_missing()
    if known and not known_found and not reading.is_missing(known[0]):
        reading.fault(known[0], f"was known and is gone: the log ends at {reading.expected - 1}")
    if reading.expected <= published:
        first, end = reading.expected, reading.expected - 1
        gone = f"records {first} to {published} are gone: the log ends at {end}"
        reading.faults.append(Fault(first, gone))
    return Verdict(
        count=reading.count,
        last=(reading.expected - 1, reading.previous),
        faults=tuple(reading.faults[:_FAULTS_TOLD]),
    )


class _Reading:
    def __init__(self, signer: AuditSigner) -> None:
        self._signer = signer
        self._missing: set[int] = set()
        self.count = 0
        self.expected = 1
        self.previous = GENESIS
        self.faults: list[Fault] = []

    def fault(self, sequence: int, reason: str) -> None:
        self.faults.append(Fault(sequence, f"record {sequence} {reason}"))

    def is_missing(self, sequence: int) -> bool:
        return sequence in self._missing

    def take(self, record: Mapping[str, Any]) -> int:
        self.count += 1
        given = record.get("sequence")
        sequence = given if isinstance(given, int) else 0
        if not self._signer.is_authentic(record):
            self.fault(sequence, "was changed: its signature does not fit what it says")
            if sequence - self.expected > _LARGEST_GAP:
                # A number that was made up; nobody counts what is missing before it.
                return sequence
        if sequence < self.expected:
            self._take_late(sequence)
            return sequence
        in_place = sequence == self.expected
        self._missing.update(range(self.expected, sequence))
        if in_place and record.get("previous") != self.previous:
            self.fault(sequence, "does not follow the record before it: one of them was replaced")
        self.expected, self.previous = sequence + 1, str(record.get("signature"))
        return sequence

    def _take_late(self, sequence: int) -> None:
        if sequence in self._missing:
            self._missing.discard(sequence)
            self.fault(sequence, f"is out of place: it comes after record {self.expected - 1}")
        else:
            self.fault(sequence, "appears again, or carries a number that no record has")

    def tell_missing(self) -> None:
        start: int | None = None
        for sequence in sorted(self._missing):
            if start is None or sequence - 1 not in self._missing:
                start = sequence
            if sequence + 1 not in self._missing:
                one = f"record {start} was removed"
                several = f"records {start} to {sequence} were removed"
                self.faults.append(Fault(start, one if start == sequence else several))
