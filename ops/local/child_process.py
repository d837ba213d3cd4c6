"""A child process whose output goes to a log, and which is stopped with grace."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ops.local.log_files import LogFile

# Every process of a platform carries its state directory, so that none is ever left over unseen.
STATE_MARK = "KINDRED_LOCAL_STATE"
POLL_SECONDS = 0.1


class ChildProcess:
    """Starts at once; its own process group, so that a terminal's Ctrl-C does not reach it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        log: LogFile,
        state: Path,
        on_line: Callable[[bytes], None] | None = None,
    ) -> None:
        self.name = name
        self._log = log
        self._on_line = on_line
        self._process = subprocess.Popen(
            command,
            env={**environment, STATE_MARK: str(state)},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._pump = threading.Thread(target=self._copy_output, name=f"log-{name}", daemon=True)
        self._pump.start()

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    def wait(self, seconds: float, *, interrupted: threading.Event) -> None:
        """Until it ends, the time is over, or the event is set."""
        deadline = time.monotonic() + seconds
        while self.exit_status is None and time.monotonic() < deadline:
            if interrupted.wait(POLL_SECONDS):
                return

    def stop(self, *, grace_seconds: float) -> None:
        """SIGTERM, then SIGKILL for it and what it started."""
        if self.exit_status is None:
            self._process.terminate()
            try:
                self._process.wait(grace_seconds)
            except subprocess.TimeoutExpired:
                self._log.write(self.name, f"killed after {grace_seconds:g} s".encode())
        self._kill_group()
        self._process.wait()
        self._pump.join(timeout=2)

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _copy_output(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._log.write(self.name, line)
            if self._on_line:
                self._on_line(line)


def describe_exit(status: int | None) -> str:
    """An exit status in words."""
    if status is None:
        return "still runs"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with exit status {status}"
