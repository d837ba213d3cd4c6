"""A task's output to CloudWatch Logs, as its execution role may write it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_logs.client import CloudWatchLogsClient
    from types_boto3_logs.type_defs import InputLogEventTypeDef

FLUSH_SECONDS = 1.0
LINES_HELD = 10_000
LINES_A_CALL = 2_000


class LogShipper:
    """Collects lines and sends them once a second; drops the oldest rather than slow the task."""

    def __init__(
        self,
        client: CloudWatchLogsClient,
        *,
        group: str,
        stream: str,
        complain: Callable[[str], None],
    ) -> None:
        self._client = client
        self._group = group
        self._stream = stream
        self._complain = complain
        self._lines: deque[InputLogEventTypeDef] = deque(maxlen=LINES_HELD)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"ship-{stream}", daemon=True)
        self._thread.start()

    def add(self, line: bytes) -> None:
        message = line.decode(errors="replace").rstrip()
        if message:
            self._lines.append({"timestamp": int(time.time() * 1000), "message": message})

    def close(self) -> None:
        """Send what is left."""
        self._ended.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            self._client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
            while not self._ended.wait(FLUSH_SECONDS):
                self._flush()
            self._flush()
        except (BotoCoreError, ClientError) as error:
            # Logs are lost, as on AWS when the execution role may not write them; the task lives.
            self._complain(f"logs are not shipped: {error}")

    def _flush(self) -> None:
        while self._lines:
            count = min(LINES_A_CALL, len(self._lines))
            batch = [self._lines.popleft() for _ in range(count)]
            self._client.put_log_events(
                logGroupName=self._group, logStreamName=self._stream, logEvents=batch
            )
