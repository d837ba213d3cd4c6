"""Takes what requests leave behind to DynamoDB, off the request path and in bounded memory."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from kindred.experiments.arm_metrics import ArmWindow, Outcome, ServedRequest, window_start
from kindred.experiments.bucketing import Arm
from kindred_aws.metrics_table import OUTCOMES_PER_TRANSACTION, MetricsTable
from kindred_aws.request_log import RECORDS_PER_WRITE, RequestLog, RequestRecord, WriteRefused

WINDOW_SECONDS = 60
FLUSH_SECONDS = 5.0
_RECORDS_KEPT = 20_000
_OUTCOMES_KEPT = 20_000
# An outcome is counted in the window in which it came; windows older than this are forgotten.
_WINDOWS_KEPT_SECONDS = 3_600


class BufferFull(Exception):
    """The tables have not taken outcomes for a while, and no more can be kept."""


class Recorder:
    """`add` and `add_outcome` only append; `flush` writes, and keeps what the tables refuse."""

    def __init__(
        self,
        *,
        metrics_table: MetricsTable,
        request_log: RequestLog,
        logger: Logger,
        count_dropped: Callable[[str], None],
    ) -> None:
        self._metrics_table = metrics_table
        self._request_log = request_log
        self._logger = logger
        self._count_dropped = count_dropped
        self._windows: dict[tuple[int, Arm], ArmWindow] = {}
        self._unwritten: set[tuple[int, Arm]] = set()
        self._outcomes: deque[Outcome] = deque()
        self._records: deque[RequestRecord] = deque()
        self._adding = threading.Lock()
        self._flushing = threading.Lock()

    def add(self, served: ServedRequest, record: RequestRecord) -> None:
        with self._adding:
            self._window(served.at, served.arm).add_request(served)
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

    def flush(self) -> None:
        """Write everything that waits. One table's refusal does not hold the others up."""
        with self._flushing:
            for write in (self._flush_outcomes, self._flush_windows, self._flush_records):
                try:
                    write()
                except (BotoCoreError, ClientError, WriteRefused) as error:
                    self._logger.warning("not written yet", reason=str(error))
            self._forget_old_windows()

    async def run(self, *, every_seconds: float = FLUSH_SECONDS) -> None:
        """Flush again and again until cancelled; the last flush is the caller's."""
        while True:
            await asyncio.sleep(every_seconds)
            await asyncio.to_thread(self.flush)

    def _window(self, at: float, arm: Arm) -> ArmWindow:
        key = (window_start(at, window_seconds=WINDOW_SECONDS), arm)
        self._unwritten.add(key)
        return self._windows.setdefault(key, ArmWindow(window_start=key[0], arm=arm))

    def _flush_outcomes(self) -> None:
        for (start, arm), outcomes in self._waiting_outcomes().items():
            for first in range(0, len(outcomes), OUTCOMES_PER_TRANSACTION):
                batch = outcomes[first : first + OUTCOMES_PER_TRANSACTION]
                with self._adding:
                    window = self._window(start, arm).copy()
                counted = self._metrics_table.put_with_outcomes(window, batch)
                self._settle((start, arm), counted, {o.event_id for o in batch})

    def _waiting_outcomes(self) -> dict[tuple[int, Arm], list[Outcome]]:
        """By window, each id once."""
        with self._adding:
            distinct = {outcome.event_id: outcome for outcome in reversed(self._outcomes)}
        waiting: defaultdict[tuple[int, Arm], list[Outcome]] = defaultdict(list)
        for outcome in distinct.values():
            start = window_start(outcome.at, window_seconds=WINDOW_SECONDS)
            waiting[start, outcome.arm].append(outcome)
        return waiting

    def _settle(self, key: tuple[int, Arm], counted: ArmWindow, ids: set[str]) -> None:
        with self._adding:
            self._windows[key].take_outcomes(counted)
            self._outcomes = deque(o for o in self._outcomes if o.event_id not in ids)

    def _flush_windows(self) -> None:
        with self._adding:
            unwritten = sorted(self._unwritten)
        for key in unwritten:
            with self._adding:
                self._unwritten.discard(key)
                window = self._windows[key].copy()
            try:
                self._metrics_table.put(window)
            except BaseException:
                self._unwritten.add(key)
                raise

    def _flush_records(self) -> None:
        while self._records:
            with self._adding:
                batch = [self._records.popleft() for _ in range(self._next_batch())]
            refused: Sequence[RequestRecord] = batch
            try:
                self._request_log.write(batch)
                refused = ()
            except WriteRefused as refusal:
                refused = refusal.refused
                raise
            finally:
                with self._adding:
                    self._records.extendleft(reversed(refused))

    def _next_batch(self) -> int:
        return min(RECORDS_PER_WRITE, len(self._records))

    def _forget_old_windows(self) -> None:
        with self._adding:
            if self._outcomes:
                return
            newest = max((start for start, _ in self._windows), default=0)
            for key in list(self._windows):
                if key[0] < newest - _WINDOWS_KEPT_SECONDS and key not in self._unwritten:
                    del self._windows[key]
