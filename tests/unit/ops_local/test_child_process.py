"""Child processes: their output, and their end."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import psutil
import pytest

from ops.local.child_process import ChildProcess, describe_exit
from ops.local.leftovers import end_platform, platform_processes
from ops.local.log_files import LogFile, last_lines


def _start(folder: Path, code: str) -> tuple[ChildProcess, threading.Event]:
    """A process that has said something; the event is set by then."""
    said = threading.Event()
    process = ChildProcess(
        "child",
        [sys.executable, "-c", code],
        environment={"PATH": os.environ["PATH"]},
        directory=folder,
        log=LogFile(folder / "child.log"),
        state=folder,
        on_line=lambda _: said.set(),
    )
    return process, said


def test_output_reaches_the_log_with_the_processs_name(tmp_path: Path) -> None:
    process, said = _start(tmp_path, "print('hello')")
    assert said.wait(10)
    process.stop(grace_seconds=5)

    assert last_lines(tmp_path / "child.log", 1) == ["child | hello"]


def test_a_process_may_finish_its_work_when_told_to_stop(tmp_path: Path) -> None:
    code = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print('flushed'), sys.exit(0)))
print('ready', flush=True)
time.sleep(60)
"""
    process, said = _start(tmp_path, code)
    assert said.wait(10)
    process.stop(grace_seconds=10)

    assert process.exit_status == 0
    assert last_lines(tmp_path / "child.log", 1) == ["child | flushed"]


def test_a_process_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    code = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('ready', flush=True)
time.sleep(60)
"""
    process, said = _start(tmp_path, code)
    assert said.wait(10)
    process.stop(grace_seconds=0.2)

    assert process.exit_status == -9


def test_ending_a_platform_finds_every_process_of_it_and_no_other(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    for folder in (own, other):
        folder.mkdir()
    first, said = _start(own, "import time; print('ready', flush=True); time.sleep(60)")
    second, said_too = _start(other, "import time; print('ready', flush=True); time.sleep(60)")
    assert said.wait(10)
    assert said_too.wait(10)

    assert [process.pid for process in platform_processes(own)] == [first.pid]
    assert end_platform(own) == 1
    assert not platform_processes(own)
    assert psutil.pid_exists(second.pid)
    second.stop(grace_seconds=5)


@pytest.mark.parametrize(
    ("status", "words"),
    [(None, "still runs"), (3, "ended with exit status 3"), (-9, "was ended by SIGKILL")],
)
def test_an_exit_status_is_put_in_words(status: int | None, words: str) -> None:
    assert describe_exit(status) == words
