"""Counts events into DynamoDB, each exactly once, however often and in whatever batch it comes.

A transaction of at most 100 items holds the marks of its events, the states of their units and
one ADD for each counter. A mark that is there already refuses the transaction: that event has
been counted, and is left out. So a batch may come again, split anyhow, and changes nothing.

What one experiment can take: a counter takes 1,000 write units a second, and a transactional write
of up to 1 KB costs 2. Each stream shard has counters of its own, and brings at most 1,000 records a
second, in transactions of about 30 events: 34 transactions a second, 68 units of a counter's
1,000. All counters of an experiment share its partition key: where a shard's transactions touch 15
of them, 1,000 units hold 1,000 events a second, and DynamoDB splits a hot key by its sort key from
there on (the table has no local index, which would forbid it). So an experiment takes 1,000 events
a second at once and 1,000 more with every shard, up to 64 shards. While a split is under way
transactions are throttled; the stream keeps what is not counted yet. One invocation at a time
serves a shard (a parallelization factor of 1): a second one would wait for the first's counters.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from kindred.experiments.counting import Portion, count_portion, unit_of
from kindred.experiments.events import Counted, EventKey, key_of
from kindred.experiments.unit_state import UnitKey, UnitState, from_json
from kindred_aws.ledger_transaction import Refusal, refusal, transaction, unit_id_of

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MAX_ITEMS = 100
_ATTEMPTS = 8
_FIRST_WAIT_SECONDS = 0.05
_LONGEST_WAIT_SECONDS = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What became of a batch.

    `rejected` are events that the table refuses for good, with its reason; `uncounted` those that
    may be tried again, and `interrupted` why.
    """

    counted: int = 0
    duplicates: int = 0
    rejected: Mapping[EventKey, str] = field(default_factory=dict)
    uncounted: frozenset[EventKey] = frozenset()
    interrupted: str | None = None


class NotNow(RuntimeError):
    """The table was throttled or busy for as long as a batch may wait."""


class ExperimentLedger:
    def __init__(
        self,
        client: DynamoDBClient,
        *,
        counters_table: str,
        ledger_table: str,
        remember_events_days: int,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._counters_table = counters_table
        self._ledger_table = ledger_table
        self._remember_events_days = remember_events_days
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter

    def count(self, events: Sequence[Counted], *, shard: str) -> Counting:
        """Count `events` in their order into the counters of `shard`.

        Never raises for what the table answers: see Counting.
        """
        batch = _Batch(events)
        try:
            self._count(batch, shard)
        except (BotoCoreError, ClientError, NotNow) as error:
            return batch.result(interrupted=str(error))
        return batch.result()

    def _count(self, batch: _Batch, shard: str) -> None:
        states = self._states({unit_of(event) for event in batch.remaining}, batch)
        while batch.remaining:
            portion = count_portion(batch.remaining, states, max_items=batch.max_items)
            refused = self._write(portion, shard)
            if refused is None:
                states.update(portion.states)
                batch.written(len(portion.events))
                continue
            if refused.marked or refused.stale:
                batch.drop_marked(refused.marked)
                for unit in refused.stale:
                    states.pop(unit, None)
                states.update(self._states(refused.stale, batch))
            elif refused.invalid is not None:
                batch.isolate(len(portion.events), refused.invalid)
                continue
            if not refused.marked:
                self._wait(batch, refused.busy or "a unit has another writer")

    def _write(self, portion: Portion, shard: str) -> Refusal | None:
        items = transaction(
            portion,
            shard=shard,
            counters_table=self._counters_table,
            ledger_table=self._ledger_table,
            now=int(self._clock()),
            remember_events_days=self._remember_events_days,
        )
        try:
            self._client.transact_write_items(TransactItems=items)
        except ClientError as error:
            return refusal(error, portion)
        return None

    def _states(self, units: Iterable[UnitKey], batch: _Batch) -> dict[UnitKey, UnitState]:
        wanted = {unit_id_of(unit): unit for unit in units}
        keys: list[Any] = [{"id": {"S": unit_id}} for unit_id in wanted]
        states: dict[UnitKey, UnitState] = {}
        while keys:
            asked, keys = keys[:MAX_ITEMS], keys[MAX_ITEMS:]
            answer = self._client.batch_get_item(
                RequestItems={self._ledger_table: {"Keys": asked, "ConsistentRead": True}}
            )
            for item in answer["Responses"].get(self._ledger_table, []):
                revision = int(item["revision"]["N"])
                states[wanted[item["id"]["S"]]] = from_json(item["unit"]["S"], revision=revision)
            if left := answer.get("UnprocessedKeys", {}).get(self._ledger_table):
                keys.extend(left["Keys"])
                self._wait(batch, "throttled while reading units")
        return states

    def _wait(self, batch: _Batch, reason: str) -> None:
        """Full jitter over a doubling span; raises NotNow when the batch has waited enough."""
        batch.attempts += 1
        if batch.attempts >= _ATTEMPTS:
            raise NotNow(reason)
        span = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2**batch.attempts)
        self._sleep(span * self._jitter())


class _Batch:
    """How far the counting of a batch has come."""

    def __init__(self, events: Sequence[Counted]) -> None:
        distinct: dict[EventKey, Counted] = {}
        for event in events:
            distinct.setdefault(key_of(event), event)
        self.remaining: Sequence[Counted] = tuple(distinct.values())
        self.attempts = 0
        self._counted = 0
        self._duplicates = len(events) - len(distinct)
        self._rejected: dict[EventKey, str] = {}
        self._alone = 0

    @property
    def max_items(self) -> int:
        # A portion takes one event at least.
        return 1 if self._alone else MAX_ITEMS

    def written(self, count: int) -> None:
        self._counted += count
        self._alone = max(0, self._alone - count)
        self.remaining = self.remaining[count:]

    def drop_marked(self, marked: frozenset[EventKey]) -> None:
        self._duplicates += len(marked)
        self.remaining = tuple(e for e in self.remaining if key_of(e) not in marked)

    def isolate(self, count: int, reason: str) -> None:
        """One of the next `count` events is refused for good: try each by itself."""
        if count > 1:
            self._alone = count
        else:
            self._rejected[key_of(self.remaining[0])] = reason
            self.remaining = self.remaining[1:]
            self._alone = max(0, self._alone - 1)

    def result(self, *, interrupted: str | None = None) -> Counting:
        return Counting(
            counted=self._counted,
            duplicates=self._duplicates,
            rejected=self._rejected,
            uncounted=frozenset(map(key_of, self.remaining)),
            interrupted=interrupted,
        )
