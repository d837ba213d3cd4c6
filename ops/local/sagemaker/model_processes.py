"""Models as processes: fetched, started, asked until healthy, started again when they end."""

from __future__ import annotations

import http.client
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.local.child_process import ChildProcess, describe_exit
from ops.local.health_probe import answers
from ops.local.log_files import LogFile
from ops.local.log_shipping import LogShipper
from ops.local.ports import free_port
from ops.local.role_credentials import CredentialsServer
from ops.local.sagemaker.container_launch import Launch
from ops.local.sagemaker.model_artefact import fetch_model
from ops.local.sagemaker.model_host import Fleet, ModelAnswer, ModelRequest, Readiness
from ops.local.sagemaker.roles import Roles
from ops.local.settings import LOOPBACK

if TYPE_CHECKING:
    import boto3

PING = "/ping"
LOG_GROUPS = "/aws/sagemaker/Endpoints"
# SageMaker's own limit for an answer.
LONGEST_ANSWER_SECONDS = 60.0
FIRST_HEALTHY_SECONDS = 60.0
POLL_SECONDS = 0.1
AGAIN_SECONDS = 1.0
GRACE_SECONDS = 3.0
LINGER_SECONDS = 1.0
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessHost:
    """What every model process of a platform runs on."""

    launch: Callable[[str], Launch]
    roles: Roles
    credentials: CredentialsServer
    environment: Mapping[str, str]
    # Unpacked models and scratch space.
    folder: Path
    state: Path
    logs: Path


class ModelProcess:
    """One model behind one variant, on its own thread until `stop`."""

    def __init__(self, fleet: Fleet, model: Mapping[str, Any], host: ProcessHost) -> None:
        self.port = 0
        self.pid: int | None = None
        self.readiness = Readiness(ready=False)
        self._fleet, self._name = fleet, f"{fleet.endpoint}/{fleet.variant}"
        self._container = model.get("PrimaryContainer") or model["Containers"][0]
        self._role_arn = model["ExecutionRoleArn"]
        self._host = host
        self._log = LogFile(host.logs / "models.log")
        self._stopping = threading.Event()
        self._kept = threading.local()
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns at once; the process has some seconds to end."""
        self._stopping.set()

    def await_end(self) -> None:
        """Of a process that was told to stop."""
        self._thread.join(GRACE_SECONDS + 1)

    def invoke(self, request: ModelRequest) -> ModelAnswer:
        """Status 504 when it takes too long, 502 when the process is not there."""
        headers = {"Content-Type": request.content_type}
        if request.accept:
            headers["Accept"] = request.accept
        if request.custom_attributes:
            headers["X-Amzn-SageMaker-Custom-Attributes"] = request.custom_attributes
        began = time.perf_counter()
        try:
            status, kind, body = self._exchange(request.body, headers)
        except TimeoutError:
            message = b"Your invocation timed out while waiting for a response from container"
            status, kind, body = 504, "text/plain", message
        except (OSError, http.client.HTTPException) as error:
            status, kind, body = 502, "text/plain", f"the container is gone: {error}".encode()
        return ModelAnswer(status, body, kind, (time.perf_counter() - began) * MICROSECONDS)

    def _exchange(self, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """Over the thread's own connection, which is kept; the container may have closed it."""
        port, kept = getattr(self._kept, "connection", (0, None))
        if kept is not None and port == self.port:
            try:
                return self._send(kept, body, headers)
            except (http.client.RemoteDisconnected, ConnectionError):
                # Nothing was answered on a connection that was idle: as if it was never tried.
                pass
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=LONGEST_ANSWER_SECONDS)
        self._kept.connection = self.port, connection
        return self._send(connection, body, headers)

    def _send(
        self, connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]
    ) -> tuple[int, str, bytes]:
        try:
            connection.request("POST", "/invocations", body=body, headers=headers)
            answer = connection.getresponse()
            kind = answer.getheader("Content-Type", "application/json")
            return answer.status, kind, answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._kept.connection = 0, None
            raise

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                failure = self._run_once()
            except (BotoCoreError, ClientError, OSError, ValueError) as error:
                failure = str(error)
            if self._stopping.is_set():
                return
            self._log.write(self._name, f"[sagemaker] {failure}".encode())
            self.readiness, self.pid = Readiness(ready=False, failure=failure), None
            self._stopping.wait(AGAIN_SECONDS)

    def _run_once(self) -> str:
        """One process from start to end; why it ended."""
        host, container = self._host, self._container
        launch = host.launch(container["Image"])
        session = host.roles.session(self._role_arn)
        folder = fetch_model(session, container["ModelDataUrl"], under=host.folder)
        address = host.credentials.admit(host.roles.credentials(self._role_arn))
        shipper = self._shipper(session)
        self.port = free_port()
        process = ChildProcess(
            self._name,
            launch.command,
            environment={
                **launch.environment,
                **host.environment,
                **container.get("Environment", {}),
                "SAGEMAKER_BIND_TO_PORT": str(self.port),
                "SM_MODEL_DIR": str(folder),
                "HOME": str(host.folder),
                "TMPDIR": str(host.folder),
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": address.url,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": address.token,
            },
            directory=launch.directory,
            log=self._log,
            state=host.state,
            on_line=shipper.add,
        )
        self.pid = process.pid
        try:
            return self._watch(process)
        finally:
            process.stop(grace_seconds=GRACE_SECONDS)
            host.credentials.dismiss(address)
            shipper.close()

    def _shipper(self, session: boto3.Session) -> LogShipper:
        """To where SageMaker writes a container's output, with the execution role's rights."""
        return LogShipper(
            session.client("logs"),
            group=f"{LOG_GROUPS}/{self._fleet.endpoint}",
            stream=f"{self._fleet.variant}/i-{uuid.uuid4().hex[:17]}",
            complain=lambda text: self._log.write(self._name, f"[sagemaker] {text}".encode()),
        )

    def _watch(self, process: ChildProcess) -> str:
        deadline = time.monotonic() + FIRST_HEALTHY_SECONDS
        while not self._stopping.is_set():
            if process.exit_status is not None:
                return f"the container {describe_exit(process.exit_status)}"
            if self.readiness.ready:
                process.wait(POLL_SECONDS * 10, interrupted=self._stopping)
            elif answers(self.port, PING, timeout_seconds=2):
                self.readiness = Readiness(ready=True)
            elif time.monotonic() > deadline:
                return (
                    "the primary container for the production variant did not pass the ping "
                    "health check"
                )
            else:
                self._stopping.wait(POLL_SECONDS)
        return "told to stop"


class ModelProcesses:
    """The host of every endpoint's models."""

    def __init__(self, host: ProcessHost) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._running: dict[Fleet, ModelProcess] = {}
        self._leaving: dict[Fleet, threading.Timer] = {}

    def start(self, fleet: Fleet, model: Mapping[str, Any]) -> None:
        with self._lock:
            leaving = self._leaving.pop(fleet, None)
            if leaving:
                leaving.cancel()
            if fleet not in self._running:
                self._running[fleet] = ModelProcess(fleet, model, self._host)

    def readiness(self, fleet: Fleet) -> Readiness:
        running = self._running.get(fleet)
        return running.readiness if running else Readiness(ready=False, failure="not started")

    def stop(self, fleet: Fleet) -> None:
        """After a moment: requests that chose it already are still answered."""
        with self._lock:
            if fleet in self._running and fleet not in self._leaving:
                leaving = threading.Timer(LINGER_SECONDS, self._end, [fleet])
                leaving.daemon = True
                self._leaving[fleet] = leaving
                leaving.start()

    def _end(self, fleet: Fleet) -> None:
        with self._lock:
            leaves = self._leaving.pop(fleet, None)
            running = self._running.pop(fleet, None) if leaves else None
        if running:
            running.stop()

    def stop_all(self) -> None:
        """With everything: waits until all processes are gone."""
        with self._lock:
            gone, self._running = list(self._running.values()), {}
        for running in gone:
            running.stop()
        for running in gone:
            running.await_end()

    def invoke(self, fleet: Fleet, request: ModelRequest) -> ModelAnswer:
        running = self._running.get(fleet)
        if running is None:
            return ModelAnswer(502, b"the model does not run", "text/plain", 0.0)
        return running.invoke(request)

    def describe(self) -> list[dict[str, Any]]:
        """For who asks what runs: fleet, process and port."""
        return [
            {
                "endpoint": fleet.endpoint,
                "variant": fleet.variant,
                "model": fleet.model,
                "pid": running.pid,
                "port": running.port,
                "ready": running.readiness.ready,
                "problem": running.readiness.failure,
            }
            for fleet, running in list(self._running.items())
        ]
