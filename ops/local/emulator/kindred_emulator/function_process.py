"""One process that runs one function: started, given events, and ended."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .function_runtime import END_OF_OUTPUT

RUNTIME = Path(__file__).with_name("function_runtime.py")
CHUNK = 1 << 16
GRACE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one invocation: a result or an error as AWS words it, and what was printed."""

    output: str
    result: Any = None
    error: dict[str, Any] | None = None


class FunctionProcess:
    """Used by one invocation at a time."""

    def __init__(self, python: str, folder: Path, environment: Mapping[str, str]) -> None:
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._process = subprocess.Popen(
            # The handler's name is for whoever looks for the process.
            [python, "-u", str(RUNTIME), str(requests), str(answers), environment["_HANDLER"]],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(requests, answers),
        )
        os.close(requests)
        os.close(answers)
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        self._answer, self._printed = b"", b""

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def await_start(self, *, seconds: float) -> Outcome:
        """Until the handler is imported, or why it could not be."""
        return self._await_answer(time.monotonic() + seconds, timeout=seconds)

    def invoke(self, request: Mapping[str, Any], *, timeout: float) -> Outcome:
        """Send one request and wait; the process is ended when the time is over."""
        line = json.dumps(request).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._requests, line) :]
        except BrokenPipeError:
            return self._gone()
        return self._await_answer(time.monotonic() + timeout, timeout=timeout)

    def end(self) -> None:
        """SIGTERM, then SIGKILL."""
        if self.alive:
            self._process.terminate()
            try:
                self._process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        for descriptor in (self._requests, self._answers):
            os.close(descriptor)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _await_answer(self, deadline: float, *, timeout: float) -> Outcome:
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            while not (self._answer.endswith(b"\n") and self._printed.endswith(END_OF_OUTPUT)):
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    self._process.kill()
                    self._process.wait()
                    message = f"Task timed out after {timeout:.2f} seconds"
                    return self._failure("Sandbox.Timedout", message)
                for key, _ in ready:
                    if not self._read(key.fd):
                        return self._gone()
        answer = json.loads(self._answer)
        outcome = Outcome(self._taken(), answer.get("result"), answer.get("error"))
        self._answer = b""
        return outcome

    def _read(self, descriptor: int) -> bool:
        chunk = os.read(descriptor, CHUNK)
        if descriptor == self._answers:
            self._answer += chunk
        else:
            self._printed += chunk
        return bool(chunk)

    def _gone(self) -> Outcome:
        status = self._process.wait()
        ended = f"signal: {-status}" if status < 0 else f"exit status {status}"
        return self._failure("Runtime.ExitError", f"Runtime exited with error: {ended}")

    def _failure(self, error_type: str, message: str) -> Outcome:
        error = {"errorType": error_type, "errorMessage": message}
        return Outcome(f"{self._taken()}{error_type}: {message}\n", error=error)

    def _taken(self) -> str:
        printed, self._printed = self._printed, b""
        return printed.replace(END_OF_OUTPUT, b"").decode(errors="replace")
