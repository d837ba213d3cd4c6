"""The one background process of a platform: owns its servers, its tasks and the start page."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.exceptions import BotoCoreError, ClientError

from ops.local.child_process import describe_exit
from ops.local.ecs_services import EcsServices
from ops.local.images import ImageContexts
from ops.local.log_files import LogFile
from ops.local.operator_credentials import become_operator
from ops.local.role_credentials import CredentialsServer
from ops.local.runner import Runner
from ops.local.servers import start_servers
from ops.local.settings import PORT_PURPOSES, LocalSettings
from ops.local.start_page import StartPage
from ops.local.state_files import read_json, write_json
from ops.local.task import LEAVING, TaskHost

TICK_SECONDS = 0.2
CALM_SECONDS = 2.0
SERVER_GRACE_SECONDS = 5
# What `up` found out and the platform file repeats.
FROM_DEPLOYMENT = (
    "api_url",
    "api_key",
    "client_key",
    "user_pool_id",
    "user_pool_client_id",
    "environment",
    "catalogue",
    "assembly",
    "outputs",
)


class Supervisor:
    """Runs until it is told to stop, or until something that the platform stands on ends."""

    def __init__(self, settings: LocalSettings, *, started_by: int) -> None:
        self._settings = settings
        self._started_by = started_by
        self._log = LogFile(settings.logs / "supervisor.log")
        self._stop = threading.Event()
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._published: dict[str, Any] = {}
        self._runner: Runner | None = None
        self._generation = 0
        self._reconciled_at = 0.0

    def run(self) -> int:
        """Exit status 0 when told to stop, 1 when it went down by itself."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        become_operator(self._settings)
        self._credentials = CredentialsServer()
        self._page = StartPage(self._settings)
        self._servers = start_servers(self._settings)
        failure = None
        try:
            while failure is None and not self._stop.is_set():
                failure = self._step()
                self._publish()
                self._stop.wait(TICK_SECONDS)
        except Exception as error:
            failure = f"the supervisor failed: {error!r}"
            raise
        finally:
            self._shut_down(failure)
        return 0 if failure is None else 1

    def _step(self) -> str | None:
        """Why the platform cannot go on; None while it can."""
        for server in self._servers:
            if server.exit_status is not None:
                log = self._settings.logs / f"{server.name}.log"
                return f"the {server.name} {describe_exit(server.exit_status)}; its log: {log}"
        deployment = read_json(self._settings.deployment_file)
        if deployment is None:
            if not psutil.pid_exists(self._started_by):
                return "`up` ended before the platform was deployed"
            return None
        if self._is_time(deployment["generation"]):
            try:
                self._runner = self._runner or self._new_runner()
                self._runner.reconcile()
                self._generation = deployment["generation"]
            except (BotoCoreError, ClientError) as error:
                self._log.write("supervisor", f"could not read what to run: {error}".encode())
            self._reconciled_at = time.monotonic()
        return None

    def _is_time(self, generation: int) -> bool:
        """At once while something is under way, else every now and then."""
        runner = self._runner
        busy = runner is None or not runner.settled or generation != self._generation
        return busy or time.monotonic() - self._reconciled_at > CALM_SECONDS

    def _new_runner(self) -> Runner:
        def assembly() -> Path:
            return Path((read_json(self._settings.deployment_file) or {})["assembly"])

        load_balancing = boto3.client("elbv2")
        host = TaskHost(
            settings=self._settings,
            images=ImageContexts(assembly),
            credentials=self._credentials,
            security_tokens=boto3.client("sts"),
            load_balancing=load_balancing,
        )
        services = EcsServices(boto3.client("ecs"), load_balancing)
        return Runner(services.read, host, self._settings.logs)

    def _publish(self) -> None:
        """Write the platform file when something in it changed."""
        settings, runner = self._settings, self._runner
        deployment = read_json(settings.deployment_file) or {}
        sagemaker = read_json(settings.sagemaker_file) or {}
        settled = runner is not None and runner.settled
        content = {
            "state": "ready" if settled else "starting",
            **{name: deployment.get(name) for name in FROM_DEPLOYMENT},
            "emulator_url": settings.emulator_url,
            "console_url": None,
            "start_url": settings.start_url,
            "started_at": self._started_at,
            "generation": self._generation,
            "processes": [*self._processes(), *_models(sagemaker.get("models", []))],
            "sagemaker": {
                "minute_seconds": sagemaker.get("minute_seconds"),
                "faults": sagemaker.get("faults", []),
            },
        }
        if content != self._published and not self._stop.is_set():
            write_json(settings.platform_file, content)
            self._published = content

    def _processes(self) -> list[dict[str, Any]]:
        settings = self._settings
        ports = settings.ports
        fixed = [
            {
                "name": server.name,
                "pid": server.pid,
                "port": ports[f"{server.name}_port"],
                "state": "running",
            }
            for server in self._servers
        ]
        own = {
            "name": "supervisor",
            "pid": psutil.Process().pid,
            "port": settings.start_port,
            "state": "running",
        }
        tasks = [
            {
                "name": task.task_id,
                "service": task.spec.label,
                "pid": task.pid,
                "port": task.port,
                "state": LEAVING if task.leaving else str(task.state),
                "restarts": task.restarts,
                "problem": task.problem,
            }
            for task in (self._runner.tasks if self._runner else [])
        ]
        return [own, *fixed, *tasks]

    def _shut_down(self, failure: str | None) -> None:
        self._stop.set()
        if self._runner:
            # Without an emulator there is nothing to flush to.
            self._runner.stop(longest_grace_seconds=SERVER_GRACE_SECONDS if failure else None)
        for server in reversed(self._servers):
            server.stop(grace_seconds=SERVER_GRACE_SECONDS)
        self._credentials.close()
        self._page.close()
        if failure:
            self._log.write("supervisor", failure.encode())
            at = datetime.now(UTC).isoformat(timespec="seconds")
            write_json(self._settings.failure_file, {"reason": failure, "at": at})
        self._settings.platform_file.unlink(missing_ok=True)


def _models(running: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Processes of the local SageMaker's, in the platform file's words."""
    return [
        {
            "name": f"{model['endpoint']}/{model['variant']}",
            "pid": model["pid"],
            "port": model["port"],
            "state": "healthy" if model["ready"] else "starting",
            "problem": model["problem"],
        }
        for model in running
    ]


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("root", "state"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in (*PORT_PURPOSES, "started_by"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, required=True)
    given = vars(parser.parse_args())
    started_by = given.pop("started_by")
    return Supervisor(LocalSettings(**given), started_by=started_by).run()


if __name__ == "__main__":
    sys.exit(main())
