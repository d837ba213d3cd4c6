"""How a command ends: a message in words and an exit status that means something."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from httpx import HTTPError
from rich.markup import escape

from ops.local.assembly import AssemblyMissing
from ops.local.bring_up import PlatformBusy
from ops.local.deployment import DeploymentFailed
from ops.local.emulator_environment import EmulatorNotInstalled
from ops.local.fidelity import UndecidedTypes
from ops.local.leftovers import find_supervisor
from ops.local.ports import PortTaken
from ops.local.state_files import read_json, write_json
from ops.local.supervisor_process import PlatformFailed

if TYPE_CHECKING:
    from rich.console import Console

    from ops.local.settings import LocalSettings

FAILED, MISUSED, NOT_RUNNING, INTERRUPTED = 1, 2, 3, 130
MISUSE = (AssemblyMissing, PlatformBusy, PortTaken, UndecidedTypes)
FAILURES = (
    DeploymentFailed, PlatformFailed, EmulatorNotInstalled, ClientError, BotoCoreError,
    HTTPError, OSError, ValueError,
)  # fmt: skip


@contextmanager
def reported(settings: LocalSettings, console: Console) -> Iterator[None]:
    """Turn what stops `up` into its message and exit status; SIGTERM is like Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    ran_before = find_supervisor(settings.state) is not None
    try:
        yield
    except KeyboardInterrupt:
        _report_interruption(settings, console, ran_before=ran_before)
        raise typer.Exit(INTERRUPTED) from None
    except MISUSE as error:
        console.print(f"[red]cannot start:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(MISUSED) from error
    except FAILURES as error:
        _report_failure(settings, console, str(error), ran_before=ran_before)
        raise typer.Exit(FAILED) from error


def report_absence(settings: LocalSettings, console: Console, *, as_json: bool) -> int:
    """Say that nothing runs, and why if something went down; the exit status for that."""
    failure = read_json(settings.failure_file)
    killed = settings.platform_file.exists()
    reason = failure["reason"] if failure else "the supervisor was killed" if killed else None
    if as_json:
        console.print_json(json.dumps({"state": "down", "reason": reason, "processes": []}))
    elif reason:
        console.print(f"[red]down:[/] {escape(reason)}", soft_wrap=True)
        console.print(f"logs are in {settings.logs}; `make up` starts again", soft_wrap=True)
    else:
        console.print("nothing runs; `make up` starts the platform")
    return FAILED if reason else NOT_RUNNING


def _report_failure(
    settings: LocalSettings, console: Console, reason: str, *, ran_before: bool
) -> None:
    console.print(f"[red]failed:[/] {escape(reason)}", soft_wrap=True)
    if ran_before:
        console.print("the platform that ran before goes on running")
        return
    at = datetime.now(UTC).isoformat(timespec="seconds")
    first_line = reason.partition("\n")[0]
    write_json(settings.failure_file, {"reason": first_line, "at": at})
    console.print(f"nothing is left running; logs are in {settings.logs}", soft_wrap=True)


def _report_interruption(settings: LocalSettings, console: Console, *, ran_before: bool) -> None:
    if ran_before:
        console.print("interrupted; the platform that ran before goes on running")
    else:
        shutil.rmtree(settings.state, ignore_errors=True)
        console.print("interrupted; nothing is left running")


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
