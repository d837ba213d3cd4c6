"""Takes what requests leave behind to DynamoDB, off the request path and in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from kindred.experiments.arm_metrics import ArmWindow, Outcome, ServedRequest, window_start
from kindred.experiments.bucketing import Arm
from kindred_aws.metrics_table import OUTCOMES_PER_TRANSACTION, MetricsTable
from kindred_aws.pseudonym_secret import NoPseudonyms
from kindred_aws.request_log import RECORDS_PER_WRITE, RequestLog, RequestRecord, WriteRefused

WINDOW_SECONDS = 60
DRAIN_SECONDS = 15.0
_RECORDS_KEPT = 20_000
_OUTCOMES_KEPT = 20_000
# An outcome is counted in the window in which it came; windows older than this are forgotten.
_WINDOWS_KEPT_SECONDS = 3_600
_REFUSALS = (BotoCoreError, ClientError, NoPseudonyms, WriteRefused)

WindowKey = tuple[int, str, Arm]


class BufferFull(Exception):
    """The tables have not taken outcomes for a while, and no more can be kept."""


class Recorder:
    """`add` and `add_outcome` only append; `flush` writes, and keeps what the tables refuse.

    `on_counted` is told each outcome when it counts, which a repeated one never does.
    """

    def __init__(
        self,
        *,
        metrics_table: MetricsTable,
        request_log: RequestLog,
        logger: Logger,
        count_dropped: Callable[[str], None],
        on_counted: Callable[[Outcome], None],
    ) -> None:
        self._metrics_table = metrics_table
        self._request_log = request_log
        self._logger = logger
        self._count_dropped = count_dropped
        self._on_counted = on_counted
        self._windows: dict[WindowKey, ArmWindow] = {}
        self._unwritten: set[WindowKey] = set()
        self._outcomes: deque[Outcome] = deque()
        self._records: deque[RequestRecord] = deque()
        self._adding = threading.Lock()
        self._flushing = threading.Lock()

    def add(self, served: ServedRequest, record: RequestRecord) -> None:
        with self._adding:
            key = _key(served)
            self._window(key).add_request(served)
            self._unwritten.add(key)
            if len(self._records) >= _RECORDS_KEPT:
                self._records.popleft()
                self._count_dropped("request_record")
            self._records.append(record)

    def add_outcome(self, outcome: Outcome) -> None:
        """Raises BufferFull rather than forget an outcome that somebody was told is kept."""
        with self._adding:
            if len(self._outcomes) >= _OUTCOMES_KEPT:
                raise BufferFull
            self._outcomes.append(outcome)

    def drain(self, *, within_seconds: float = DRAIN_SECONDS) -> None:
        """Flush until everything is written, or the time is up."""
        deadline = time.monotonic() + within_seconds
        wait_seconds = 0.1
        while not self.flush() and time.monotonic() + wait_seconds < deadline:
            time.sleep(wait_seconds)
            wait_seconds *= 2

    def flush(self) -> bool:
        """Write everything that waits; whether nothing waits any more.

        What is refused holds nothing else up, and is tried again at the next flush.
        """
        with self._flushing:
            refusals = [*self._flush_outcomes(), *self._flush_windows(), *self._flush_records()]
            self._forget_old_windows()
        if refusals:
            reasons = sorted({str(refusal) for refusal in refusals})
            self._logger.warning("not written yet", reasons=reasons)
        return not refusals

    def _window(self, key: WindowKey) -> ArmWindow:
        return self._windows.setdefault(key, ArmWindow(*key))

    def _flush_outcomes(self) -> Iterator[Exception]:
        for key, outcomes in self._waiting_outcomes().items():
            for first in range(0, len(outcomes), OUTCOMES_PER_TRANSACTION):
                try:
                    self._count(key, outcomes[first : first + OUTCOMES_PER_TRANSACTION])
                except _REFUSALS as refusal:
                    yield refusal

    def _waiting_outcomes(self) -> dict[WindowKey, list[Outcome]]:
        """By window, each id once."""
        with self._adding:
            distinct = {outcome.event_id: outcome for outcome in reversed(self._outcomes)}
        waiting: defaultdict[WindowKey, list[Outcome]] = defaultdict(list)
        for outcome in distinct.values():
            waiting[_key(outcome)].append(outcome)
        return waiting

    def _count(self, key: WindowKey, batch: list[Outcome]) -> None:
        """One that can never be written is found by halving, and must not hold the others up."""
        with self._adding:
            window = self._window(key).copy()
        try:
            counted = self._metrics_table.put_with_outcomes(window, batch)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise
            if len(batch) == 1:
                self._give_up(batch[0], error)
                return
            half = len(batch) // 2
            self._count(key, batch[:half])
            self._count(key, batch[half:])
            return
        with self._adding:
            self._windows[key].take_outcomes(counted)
        self._settle({outcome.event_id for outcome in batch})
        for outcome in batch:
            if outcome.event_id in counted.counted_ids - window.counted_ids:
                self._on_counted(outcome)

    def _give_up(self, outcome: Outcome, error: ClientError) -> None:
        self._logger.error("outcome refused for good", outcome=repr(outcome), reason=str(error))
        self._count_dropped("outcome")
        self._settle({outcome.event_id})

    def _settle(self, ids: set[str]) -> None:
        with self._adding:
            self._outcomes = deque(o for o in self._outcomes if o.event_id not in ids)

    def _flush_windows(self) -> Iterator[Exception]:
        with self._adding:
            unwritten = sorted(self._unwritten)
        for key in unwritten:
            with self._adding:
                self._unwritten.discard(key)
                window = self._windows[key].copy()
            try:
                self._metrics_table.put(window)
            except _REFUSALS as refusal:
                with self._adding:
                    self._unwritten.add(key)
                yield refusal

    def _flush_records(self) -> Iterator[Exception]:
        while self._records:
            with self._adding:
                count = min(RECORDS_PER_WRITE, len(self._records))
                batch = [self._records.popleft() for _ in range(count)]
            try:
                self._request_log.write(batch)
            except _REFUSALS as refusal:
                refused = refusal.refused if isinstance(refusal, WriteRefused) else batch
                with self._adding:
                    self._records.extendleft(reversed(refused))
                yield refusal
                return

    def _forget_old_windows(self) -> None:
        with self._adding:
            if self._outcomes:
                return
            newest = max((start for start, _, _ in self._windows), default=0)
            for key in list(self._windows):
                if key[0] < newest - _WINDOWS_KEPT_SECONDS and key not in self._unwritten:
                    del self._windows[key]


def _key(happened: ServedRequest | Outcome) -> WindowKey:
    start = window_start(happened.at, window_seconds=WINDOW_SECONDS)
    return start, happened.experiment_id, happened.arm
