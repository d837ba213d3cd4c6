"""Runs one function's handler, in a process of its own: what AWS's Python runtime does.

Standard library only, and no import of its siblings: the function's interpreter runs this file by
its path. Requests come as a line of JSON on one descriptor, answers go on another, and what the
handler prints is marked on standard output where an invocation ends.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

# Ends the output of one invocation; no UTF-8 text contains this byte.
END_OF_OUTPUT = b"\xff\n"

Handler = Callable[[Any, Any], Any]


@dataclass
class Context:
    """The handler's second argument, with AWS's names."""

    function_name: str
    function_version: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    deadline: float
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.time()) * 1000))


def main(request_descriptor: int, answer_descriptor: int) -> None:
    """Answers until the emulator closes the descriptor."""
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    with (
        open(request_descriptor, encoding="utf-8") as requests,
        open(answer_descriptor, "w", encoding="utf-8") as answers,
    ):
        handler = _load(answers)
        if handler is None:
            return
        for line in requests:
            request = json.loads(line)
            os.environ["_X_AMZN_TRACE_ID"] = request.get("trace_id", "")
            _answer(answers, _invoke(handler, request))


def _load(answers: IO[str]) -> Handler | None:
    """The handler; None when it cannot be imported, which has been answered then."""
    module_name, _, name = os.environ["_HANDLER"].rpartition(".")
    try:
        handler: Handler = getattr(importlib.import_module(module_name.replace("/", ".")), name)
    except Exception as error:
        import_failed = isinstance(error, ImportError)
        failure = _failure(error, error_type="Runtime.ImportModuleError" if import_failed else None)
        _answer(answers, failure)
        return None
    _answer(answers, '{"ready": true}')
    return handler


def _invoke(handler: Handler, request: dict[str, Any]) -> str:
    environment = os.environ
    context = Context(
        function_name=environment["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=environment["AWS_LAMBDA_FUNCTION_VERSION"],
        invoked_function_arn=request["arn"],
        memory_limit_in_mb=environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        aws_request_id=request["request_id"],
        log_group_name=environment["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=environment["AWS_LAMBDA_LOG_STREAM_NAME"],
        deadline=request["deadline"],
    )
    try:
        result = handler(request["event"], context)
    except Exception as error:
        return _failure(error)
    try:
        return f'{{"result": {json.dumps(result)}}}'
    except (TypeError, ValueError) as error:
        return _failure(error, error_type="Runtime.MarshalError")


def _failure(error: Exception, *, error_type: str | None = None) -> str:
    """The answer; the same is printed, as AWS's runtime does."""
    name = error_type or type(error).__name__
    trace = traceback.format_exception(error)
    print(f"[ERROR] {name}: {error}", *trace, sep="\n")  # noqa: T201
    answer = {"errorMessage": str(error), "errorType": name, "stackTrace": trace}
    return json.dumps({"error": answer})


def _answer(answers: IO[str], answer: str) -> None:
    for stream in (sys.stdout, sys.stderr):
        # A handler may have closed or replaced them.
        with contextlib.suppress(ValueError, OSError):
            stream.flush()
    os.write(1, END_OF_OUTPUT)
    answers.write(answer + "\n")
    answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
