"""Find and end every process of one platform, and nothing else."""

from __future__ import annotations

from pathlib import Path

import psutil

from ops.local.child_process import STATE_MARK

SUPERVISOR = "ops.local.supervisor"
SUPERVISOR_SECONDS = 90
LEFTOVER_SECONDS = 5


def platform_processes(state: Path) -> list[psutil.Process]:
    """Processes that carry the state directory's mark; those of other platforms do not."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(STATE_MARK) == str(state):
                found.append(process)
        except (psutil.Error, OSError):
            # Another user's process, or one that has just ended.
            continue
    return found


def find_supervisor(state: Path) -> psutil.Process | None:
    """The platform's supervisor while it lives."""
    for process in platform_processes(state):
        try:
            if SUPERVISOR in process.cmdline():
                return process
        except psutil.Error:
            continue
    return None


def end_platform(state: Path) -> int:
    """Supervisor first, so that tasks may flush; then whatever is left. How many were ended."""
    supervisor = find_supervisor(state)
    before = platform_processes(state)
    if supervisor:
        _end([supervisor], seconds=SUPERVISOR_SECONDS)
    _end(platform_processes(state), seconds=LEFTOVER_SECONDS)
    return len(before)


def _end(processes: list[psutil.Process], *, seconds: float) -> None:
    for process in processes:
        _signal(process, kill=False)
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    for process in alive:
        _signal(process, kill=True)
    psutil.wait_procs(alive, timeout=LEFTOVER_SECONDS)


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        return
