"""One task of a service: a process with its role, its health, its place in the load balancer."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ops.local.child_process import ChildProcess, describe_exit
from ops.local.health_probe import answers
from ops.local.log_shipping import LogShipper
from ops.local.ports import free_port
from ops.local.role_credentials import CredentialsServer, RoleCredentials
from ops.local.settings import LOOPBACK
from ops.local.task_definitions import pick_interpreter
from ops.local.task_environment import read_secrets, task_environment

if TYPE_CHECKING:
    import boto3
    from types_boto3_elbv2.client import ElasticLoadBalancingv2Client
    from types_boto3_sts.client import STSClient

    from ops.local.images import ImageContexts
    from ops.local.log_files import LogFile
    from ops.local.settings import LocalSettings
    from ops.local.task_definitions import ServiceSpec

FIRST_HEALTHY_SECONDS = 60.0
STARTING_POLL_SECONDS = 0.05
HEALTHY_POLL_SECONDS = 2.0
STEADY_SECONDS = 60.0
LONGEST_BACKOFF_SECONDS = 30.0
REMOVAL_SECONDS = 10.0
LEAVING = "leaving"


class TaskState(StrEnum):
    STARTING = "starting"
    HEALTHY = "healthy"
    WAITING = "waiting to start again"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHost:
    """What every task of a platform runs on."""

    settings: LocalSettings
    images: ImageContexts
    credentials: CredentialsServer
    security_tokens: STSClient
    load_balancing: ElasticLoadBalancingv2Client


class Task:
    """Runs on its own thread from the start until `stop`; a process that dies is started again."""

    def __init__(self, spec: ServiceSpec, task_id: str, host: TaskHost, log: LogFile) -> None:
        self.spec = spec
        self.task_id = task_id
        self.state = TaskState.STARTING
        self.restarts = 0
        self.pid: int | None = None
        self.port = 0
        self.problem: str | None = None
        self._host = host
        self._log = log
        self._grace_seconds: float = spec.container.stop_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"task-{task_id}", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        return self.state is TaskState.STOPPED

    @property
    def leaving(self) -> bool:
        """Told to stop, and not gone yet: how it fares is nobody's concern any more."""
        return self._stopping.is_set() and not self.ended

    def stop(self, longest_grace_seconds: float | None = None) -> None:
        """Begin to leave: out of the load balancer, SIGTERM, and time to flush. Returns at once."""
        if longest_grace_seconds is not None:
            self._grace_seconds = min(self._grace_seconds, longest_grace_seconds)
        self._stopping.set()

    def await_end(self) -> None:
        """Until a task that was told to stop is gone."""
        self._thread.join(self._grace_seconds + REMOVAL_SECONDS)

    def _run(self) -> None:
        attempts = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                self.problem = self._run_once()
            except (BotoCoreError, ClientError, OSError) as error:
                self.problem = str(error)
            if self._stopping.is_set():
                break
            attempts = 0 if time.monotonic() - started > STEADY_SECONDS else attempts + 1
            self.state, self.pid = TaskState.WAITING, None
            self.restarts += 1
            delay = backoff_seconds(attempts)
            self._note(f"{self.problem}; starts again in {delay:g} s")
            self._stopping.wait(delay)
        self.state, self.pid = TaskState.STOPPED, None

    def _run_once(self) -> str:
        """One process from start to end; why it ended."""
        spec, host = self.spec, self._host
        self.state, self.port = TaskState.STARTING, free_port()
        image = host.images.context(spec.container.image_tag)
        execution = RoleCredentials(host.security_tokens, spec.execution_role_arn, self.task_id)
        session = execution.session()
        secret_values = read_secrets(session.client("secretsmanager"), spec.container)
        role = RoleCredentials(host.security_tokens, spec.task_role_arn, self.task_id)
        address = host.credentials.admit(role)
        shipper = self._shipper(session)
        process = ChildProcess(
            self.task_id,
            pick_interpreter(spec.container.command, sys.executable),
            environment=task_environment(
                spec.container,
                secret_values=secret_values,
                credentials=address,
                settings=host.settings,
                image=image,
                task_id=self.task_id,
                port=self.port,
            ),
            directory=image,
            log=self._log,
            state=host.settings.state,
            on_line=shipper.add if shipper else None,
        )
        self.pid = process.pid
        try:
            return self._watch(process)
        finally:
            self._leave_load_balancer()
            process.stop(grace_seconds=self._grace_seconds)
            host.credentials.dismiss(address)
            if shipper:
                shipper.close()

    def _watch(self, process: ChildProcess) -> str:
        health = self.spec.health
        deadline = time.monotonic() + FIRST_HEALTHY_SECONDS
        failures = 0
        while not self._stopping.is_set():
            if process.exit_status is not None:
                return describe_exit(process.exit_status)
            healthy = health is None or answers(
                self.port, health.path, timeout_seconds=health.timeout_seconds
            )
            if healthy and self.state is TaskState.STARTING:
                self._enter_load_balancer()
                self.state, self.problem = TaskState.HEALTHY, None
            failures = 0 if healthy else failures + 1
            if self.state is TaskState.STARTING:
                if time.monotonic() > deadline:
                    return f"not healthy within {FIRST_HEALTHY_SECONDS:g} s"
                self._stopping.wait(STARTING_POLL_SECONDS)
                continue
            if health and failures >= health.failures_allowed:
                return f"{health.path} failed {failures} times"
            # A process that ends is noticed at once, not at the next health check.
            process.wait(HEALTHY_POLL_SECONDS, interrupted=self._stopping)
        return "told to stop"

    def _enter_load_balancer(self) -> None:
        for group in self.spec.target_group_arns:
            self._host.load_balancing.register_targets(
                TargetGroupArn=group, Targets=[{"Id": LOOPBACK, "Port": self.port}]
            )

    def _leave_load_balancer(self) -> None:
        for group in self.spec.target_group_arns:
            try:
                self._host.load_balancing.deregister_targets(
                    TargetGroupArn=group, Targets=[{"Id": LOOPBACK, "Port": self.port}]
                )
            except (BotoCoreError, ClientError) as error:
                self._note(f"could not leave its target group: {error}")

    def _shipper(self, session: boto3.Session) -> LogShipper | None:
        destination = self.spec.container.log
        if destination is None:
            return None
        stream = f"{destination.stream_prefix}/{self.spec.container.name}/{self.task_id}"
        return LogShipper(
            session.client("logs"),
            group=destination.group,
            stream=f"{stream}-{self.restarts}",
            complain=self._note,
        )

    def _note(self, text: str) -> None:
        self._log.write(self.task_id, f"[runner] {text}".encode())


def backoff_seconds(attempt: int) -> float:
    """How long to wait before the attempt after the n-th failure in a row."""
    return min(LONGEST_BACKOFF_SECONDS, 0.5 * 2.0 ** max(attempt - 1, 0))
