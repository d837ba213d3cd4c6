"""The container of a training job while it runs: its output, its checkpoints, and its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from ops.local.child_process import ChildProcess
from ops.local.images import ImageMissing
from ops.local.log_files import LogFile
from ops.local.log_shipping import LogShipper
from ops.local.sagemaker.job_objects import FolderCopy, JobFailed
from ops.local.sagemaker.training_folder import HOST

if TYPE_CHECKING:
    from ops.local.sagemaker.metric_definitions import LogMetrics
    from ops.local.sagemaker.model_processes import ProcessHost
    from ops.local.sagemaker.training_folder import TrainingFolder
    from ops.local.sagemaker.training_record import TrainingRecord

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
POLL_SECONDS = 0.1
COPY_SECONDS = 1.0
# What AWS leaves a container to save its work, stopped or interrupted.
GRACE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a container's run ended; of a stopped one, the job's secondary status for it."""

    kind: Literal["completed", "failed", "stopped", "interrupted"]
    reason: str = ""


class TrainingContainer:
    """One process, run once."""

    def __init__(
        self,
        record: TrainingRecord,
        asked: Mapping[str, Any],
        folder: TrainingFolder,
        host: ProcessHost,
        metrics: LogMetrics,
    ) -> None:
        self._record, self._asked, self._folder = record, asked, folder
        self._host, self._metrics = host, metrics
        self._log = LogFile(host.logs / "training.log")

    def run(
        self, kept: FolderCopy | None, *, seconds: float, taken_away: Callable[[], bool]
    ) -> Ending:
        """Until it ends by itself, or is ended: by a person, after so many seconds, or by Spot.

        Raises JobFailed when it cannot start.
        """
        shipper = self._shipper()

        def heard(line: bytes) -> None:
            self._metrics.read(line.decode(errors="replace"))
            shipper.add(line)

        process = self._start(heard)
        try:
            ending = self._watch(process, kept, seconds, taken_away)
            if ending:
                process.stop(grace_seconds=GRACE_SECONDS)
        finally:
            process.stop(grace_seconds=0)
            shipper.close()
        if kept:
            kept.copy()
        return ending or self._own_ending(process.exit_status or 0)

    def _watch(
        self,
        process: ChildProcess,
        kept: FolderCopy | None,
        seconds: float,
        taken_away: Callable[[], bool],
    ) -> Ending | None:
        """Why it has to end; None when it ended by itself."""
        began = copied = time.monotonic()
        while process.exit_status is None:
            now = time.monotonic()
            if self._record.stop_asked.is_set():
                return Ending("stopped", "Stopped")
            if now - began > seconds:
                return Ending("stopped", "MaxRuntimeExceeded")
            if taken_away():
                return Ending("interrupted")
            if kept and now - copied > COPY_SECONDS:
                kept.copy()
                copied = now
            process.wait(POLL_SECONDS, interrupted=self._record.stop_asked)
        return None

    def _own_ending(self, status: int) -> Ending:
        if status == 0:
            return Ending("completed")
        told = self._folder.failure or "the container did not say why"
        return Ending("failed", f"AlgorithmError: {told}, exit code: {status}")

    def _start(self, heard: Callable[[bytes], None]) -> ChildProcess:
        try:
            launch = self._host.launch(self._asked["AlgorithmSpecification"]["TrainingImage"])
        except ImageMissing as missing:
            raise JobFailed(f"ClientError: {missing}") from missing
        environment = {
            **launch.environment,
            **self._asked.get("Environment", {}),
            "SM_ROOT": str(self._folder.root),
            "TRAINING_JOB_NAME": self._record.name,
            "TRAINING_JOB_ARN": self._record.arn,
            "HOME": str(self._folder.root),
            "TMPDIR": str(self._folder.root),
        }
        return ChildProcess(
            self._record.name,
            launch.command,
            environment=environment,
            directory=launch.directory,
            log=self._log,
            state=self._host.state,
            on_line=heard,
        )

    def _shipper(self) -> LogShipper:
        session = self._host.roles.session(self._asked["RoleArn"])

        def complain(problem: str) -> None:
            self._log.write(self._record.name, f"[sagemaker] {problem}".encode())

        logs = session.client("logs")
        try:
            logs.create_log_group(logGroupName=LOG_GROUP)
        except logs.exceptions.ResourceAlreadyExistsException:
            pass
        except ClientError as error:
            complain(str(error))
        return LogShipper(
            logs,
            group=LOG_GROUP,
            stream=f"{self._record.name}/{HOST}-{time.time_ns() // 1_000_000}",
            complain=complain,
        )
