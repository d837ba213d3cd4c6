"""A function in a process of its own: its answer, its output, its failures, and its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.local.emulator.kindred_emulator.function_process import FunctionProcess, Outcome

HANDLER = """
import os, sys, time

print("imported")

def handler(event, context):
    print("asked for", event)
    print("beside it", file=sys.stderr)
    return globals()[event["do"]](context)

def answer(context):
    return {"request": context.aws_request_id, "pid": os.getpid(), "region": os.environ["REGION"]}

def fail(context):
    raise LookupError("not there")

def no_json(context):
    return {1, 2}

def sleep(context):
    time.sleep(30)

def leave(context):
    os._exit(7)

def much(context):
    print("x" * 300_000)
    return "y" * 300_000
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[FunctionProcess]:
    (tmp_path / "module.py").write_text(HANDLER)
    started = start(tmp_path, "module.handler")
    yield started
    started.end()


def start(folder: Path, handler: str) -> FunctionProcess:
    environment = {
        "REGION": "local",
        "LAMBDA_TASK_ROOT": str(folder),
        "_HANDLER": handler,
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "s",
    }
    return FunctionProcess(sys.executable, folder, environment)


def invoke(process: FunctionProcess, do: str, *, timeout: float = 10) -> Outcome:
    request: dict[str, Any] = {
        "event": {"do": do},
        "request_id": f"request of {do}",
        "arn": "arn",
        "deadline": time.time() + timeout,
    }
    return process.invoke(request, timeout=timeout)


def test_it_answers_stays_warm_and_gives_each_invocation_its_own_output(
    process: FunctionProcess,
) -> None:
    began = process.await_start(seconds=10)
    first, second = invoke(process, "answer"), invoke(process, "answer")

    assert began.output == "imported\n"
    assert first.result == {
        "request": "request of answer",
        "pid": second.result["pid"],
        "region": "local",
    }
    assert first.output == second.output == "asked for {'do': 'answer'}\nbeside it\n"


def test_a_handler_that_raises_is_an_error_in_awss_words_and_no_end(
    process: FunctionProcess,
) -> None:
    process.await_start(seconds=10)
    failed = invoke(process, "fail")

    assert failed.error is not None
    assert (failed.error["errorType"], failed.error["errorMessage"]) == ("LookupError", "not there")
    assert "[ERROR] LookupError: not there" in failed.output
    assert process.alive
    assert invoke(process, "answer").error is None


def test_a_result_that_is_no_json_is_the_handlers_error(process: FunctionProcess) -> None:
    process.await_start(seconds=10)
    failed = invoke(process, "no_json")

    assert failed.error is not None
    assert failed.error["errorType"] == "Runtime.MarshalError"


def test_what_takes_too_long_is_ended(process: FunctionProcess) -> None:
    process.await_start(seconds=10)
    late = invoke(process, "sleep", timeout=0.2)

    assert late.error is not None
    assert late.error["errorMessage"] == "Task timed out after 0.20 seconds"
    assert "asked for" in late.output
    assert not process.alive


def test_a_process_that_leaves_is_told_by_its_exit_status(process: FunctionProcess) -> None:
    process.await_start(seconds=10)
    gone = invoke(process, "leave")

    assert gone.error is not None
    assert gone.error["errorMessage"] == "Runtime exited with error: exit status 7"


def test_more_than_a_pipe_holds_comes_through_whole(process: FunctionProcess) -> None:
    process.await_start(seconds=10)
    much = invoke(process, "much")

    assert much.result == "y" * 300_000
    assert "x" * 300_000 in much.output


@pytest.mark.parametrize("handler", ["absent.handler", "module.absent"])
def test_a_handler_that_cannot_be_imported_says_so(tmp_path: Path, handler: str) -> None:
    (tmp_path / "module.py").write_text("import json\n")
    process = start(tmp_path, handler)
    try:
        began = process.await_start(seconds=10)
    finally:
        process.end()

    assert began.error is not None
    assert "absent" in began.error["errorMessage"]


def test_it_sees_its_asset_and_neither_the_emulator_nor_the_working_directory(
    tmp_path: Path,
) -> None:
    (tmp_path / "module.py").write_text("import function_process\n")
    process = start(tmp_path, "module.handler")
    try:
        began = process.await_start(seconds=10)
    finally:
        process.end()

    assert began.error is not None
    assert began.error["errorType"] == "Runtime.ImportModuleError"
