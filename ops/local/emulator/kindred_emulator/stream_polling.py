"""What an event source mapping does with a batch of a Kinesis shard. Pure.

Source: AWS Lambda Developer Guide, "Process Amazon Kinesis Data Streams records with Lambda"
(error handling, partial batch responses, retained discarded batches).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

DEFAULT_BATCH_SIZE = 100
# AWS's word for "no limit", which is its default for retries and for the age.
FOREVER = -1
LONGEST_PAUSE_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.1

Record = Mapping[str, Any]


class Reason(StrEnum):
    """Why a batch was given up, in the words of the record that says so."""

    RETRIES = "RetryAttemptsExhausted"
    AGE = "RecordAgeExceeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The mapping's settings; None means no limit."""

    batch_size: int = DEFAULT_BATCH_SIZE
    window_seconds: float = 0.0
    maximum_retries: int | None = None
    maximum_age_seconds: int | None = None
    bisect: bool = False
    partial: bool = False

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> Rules:
        """From the mapping as the emulator keeps it: a template's values may be text."""
        retries = int(mapping.get("MaximumRetryAttempts", FOREVER))
        age = int(mapping.get("MaximumRecordAgeInSeconds", FOREVER))
        return cls(
            batch_size=int(mapping.get("BatchSize", DEFAULT_BATCH_SIZE)),
            window_seconds=float(mapping.get("MaximumBatchingWindowInSeconds", 0)),
            maximum_retries=None if retries == FOREVER else retries,
            maximum_age_seconds=None if age == FOREVER else age,
            bisect=str(mapping.get("BisectBatchOnFunctionError", False)).lower() == "true",
            partial="ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or ()),
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one shard in order, and how often the function has failed with them."""

    records: tuple[Record, ...]
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invocation gave: a result, an error of the function, or no invocation at all."""

    result: Any = None
    failed: bool = False
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes next on the shard: batches to try again in order, and a batch to give up."""

    again: tuple[Batch, ...] = ()
    given_up: Batch | None = None
    pause_seconds: float = 0.0


def is_due(rules: Rules, waiting: int, *, oldest_age_seconds: float) -> bool:
    """Whether the records that wait make a batch: enough of them, or old enough."""
    enough = waiting >= rules.batch_size
    return enough or (waiting > 0 and oldest_age_seconds >= rules.window_seconds)


def split_expired(rules: Rules, batch: Batch, *, now: float) -> tuple[Batch | None, Batch | None]:
    """Records that have become too old to be tried, and the rest; None where there are none."""
    if rules.maximum_age_seconds is None:
        return None, batch
    oldest_allowed = now - rules.maximum_age_seconds
    fresh_from = next(
        (
            number
            for number, record in enumerate(batch.records)
            if record["ApproximateArrivalTimestamp"] >= oldest_allowed
        ),
        len(batch.records),
    )
    return _part(batch, 0, fresh_from), _part(batch, fresh_from, len(batch.records))


def decide(rules: Rules, batch: Batch, answer: Answer) -> Decision:
    """What to do after the function was asked to process the batch."""
    if answer.throttled:
        # The function never saw it: no failure to count.
        return Decision(again=(batch,), pause_seconds=_pause(batch.failures))
    if answer.failed:
        return _after_error(rules, batch)
    if not rules.partial:
        return Decision()
    failed_from = first_failure(answer.result, batch.records)
    if failed_from is None:
        return Decision()
    return _again(rules, Batch(batch.records[failed_from:], batch.failures))


def first_failure(result: Any, records: Sequence[Record]) -> int | None:
    """Where the records begin that a partial batch response asks for again; None if nowhere.

    No response and no list of failures are a success; what cannot be read fails the whole batch.
    """
    if result is None:
        return None
    if not isinstance(result, Mapping):
        return 0
    failures = result.get("batchItemFailures")
    if not failures:
        return None
    positions = {record["SequenceNumber"]: number for number, record in enumerate(records)}
    try:
        return min(positions[failure["itemIdentifier"]] for failure in failures)
    except (KeyError, TypeError):
        return 0


def _after_error(rules: Rules, batch: Batch) -> Decision:
    """Halves do not count as a retry, so that a single record uses the retries for itself."""
    if rules.bisect and len(batch.records) > 1:
        middle = len(batch.records) // 2
        halves = (batch.records[:middle], batch.records[middle:])
        return Decision(again=tuple(Batch(half, batch.failures) for half in halves))
    return _again(rules, batch)


def _again(rules: Rules, batch: Batch) -> Decision:
    failures = batch.failures + 1
    if rules.maximum_retries is not None and failures > rules.maximum_retries:
        return Decision(given_up=Batch(batch.records, failures))
    again = Batch(batch.records, failures)
    return Decision(again=(again,), pause_seconds=_pause(batch.failures))


def _pause(failures: int) -> float:
    """Doubles with each failure. AWS backs off too, without saying by how much."""
    return min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 16), LONGEST_PAUSE_SECONDS)


def _part(batch: Batch, start: int, end: int) -> Batch | None:
    return Batch(batch.records[start:end], batch.failures) if end > start else None
