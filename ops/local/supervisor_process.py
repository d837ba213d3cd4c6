"""Start the background process of a platform and wait for what it brings up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from ops.local.child_process import STATE_MARK
from ops.local.emulator_process import HEALTH_PATH
from ops.local.health_probe import answers
from ops.local.leftovers import SUPERVISOR
from ops.local.log_files import last_lines
from ops.local.operator_credentials import clean_environment
from ops.local.sagemaker.http_server import HEALTH_PATH as SAGEMAKER_HEALTH_PATH
from ops.local.state_files import read_json
from ops.local.task import LEAVING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.local.settings import LocalSettings

EMULATOR_SECONDS = 30
SERVICES_SECONDS = 120
POLL_SECONDS = 0.05
RESTARTS_ALLOWED = 2
LINES_SHOWN = 15
LINES_READ = 1000


class PlatformFailed(Exception):
    """The platform did not come up; says which part, and the end of its log."""


def start_supervisor(settings: LocalSettings) -> subprocess.Popen[bytes]:
    """In a session of its own, so that it outlives this terminal."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with (settings.logs / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", SUPERVISOR),
                *("--root", str(settings.root), "--state", str(settings.state)),
                *port_options(settings),
                *("--started-by", str(os.getpid())),
            ],
            env={**clean_environment(), STATE_MARK: str(settings.state)},
            cwd=settings.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def port_options(settings: LocalSettings) -> list[str]:
    """The ports as options of a command: `--cache-port 6380`."""
    return [
        text
        for name, port in settings.ports.items()
        for text in (f"--{name.replace('_', '-')}", str(port))
    ]


def await_emulator(settings: LocalSettings, supervisor: subprocess.Popen[bytes]) -> None:
    """Until the emulator answers, and SageMaker behind it. Raises PlatformFailed."""
    deadline = time.monotonic() + EMULATOR_SECONDS
    for name, port, path in (
        ("emulator", settings.emulator_port, HEALTH_PATH),
        ("sagemaker", settings.sagemaker_port, SAGEMAKER_HEALTH_PATH),
    ):
        while not answers(port, path, timeout_seconds=1):
            if supervisor.poll() is not None:
                raise PlatformFailed(_failure(settings))
            if time.monotonic() > deadline:
                log = settings.logs / f"{name}.log"
                raise PlatformFailed(f"{name} did not answer in {EMULATOR_SECONDS} s; see {log}")
            time.sleep(POLL_SECONDS)


def await_services(
    settings: LocalSettings, *, generation: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Until every task of this deployment is healthy. Raises PlatformFailed."""
    deadline = time.monotonic() + SERVICES_SECONDS
    while time.monotonic() < deadline:
        platform = read_json(settings.platform_file) or {}
        if read_json(settings.failure_file):
            raise PlatformFailed(_failure(settings))
        if platform.get("generation") == generation:
            if platform["state"] == "ready":
                return platform
            _give_up_on_failing_tasks(settings, platform)
            states = [
                f"{process['name']} {process['state']}"
                for process in platform["processes"]
                if "service" in process
            ]
            say(f"starting the services: {', '.join(states)}")
        time.sleep(POLL_SECONDS)
    raise PlatformFailed(f"the services were not healthy within {SERVICES_SECONDS} s")


def _give_up_on_failing_tasks(settings: LocalSettings, platform: dict[str, Any]) -> None:
    for process in platform["processes"]:
        # What the deployment before this one left behind may go on failing until it is gone.
        fares_well = process["state"] in ("healthy", LEAVING)
        if process.get("restarts", 0) > RESTARTS_ALLOWED and not fares_well:
            log = settings.logs / f"{process['service']}.log"
            own = [line for line in last_lines(log, LINES_READ) if line.startswith(process["name"])]
            lines = "\n".join(own[-LINES_SHOWN:])
            raise PlatformFailed(
                f"{process['name']} does not start: {process['problem']}\n{lines}\n(from {log})"
            )


def _failure(settings: LocalSettings) -> str:
    failure = read_json(settings.failure_file) or {}
    lines = "\n".join(last_lines(settings.logs / "emulator.log", LINES_SHOWN))
    return f"{failure.get('reason', 'the supervisor ended')}\n{lines}"
