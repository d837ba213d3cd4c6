"""One training job from its data to its artefacts: on its own thread, with its role's rights."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.local.sagemaker.job_objects import (
    FolderCopy,
    JobFailed,
    download_prefix,
    join_address,
    upload_file,
)
from ops.local.sagemaker.training_container import Ending, TrainingContainer
from ops.local.sagemaker.training_folder import TrainingFolder
from ops.local.sagemaker.training_record import MODEL

if TYPE_CHECKING:
    import boto3

    from ops.local.sagemaker.faults import Faults
    from ops.local.sagemaker.metric_definitions import LogMetrics
    from ops.local.sagemaker.model_processes import ProcessHost
    from ops.local.sagemaker.training_record import TrainingRecord

INTERRUPTION = "spot-interruption"
POLL_SECONDS = 0.1


class TrainingRun(threading.Thread):
    """Ends when the job has: completed, stopped or failed."""

    def __init__(
        self,
        record: TrainingRecord,
        asked: Mapping[str, Any],
        metrics: LogMetrics,
        host: ProcessHost,
        faults: Faults,
    ) -> None:
        super().__init__(name=f"training-{record.name}", daemon=True)
        self._record, self._asked, self._metrics = record, asked, metrics
        self._host, self._faults = host, faults
        self._began = time.monotonic()
        self._trained_seconds = 0.0

    def run(self) -> None:
        try:
            self._train(self._host.roles.session(self._asked["RoleArn"]))
        except JobFailed as failed:
            self._fail(str(failed))
        except ClientError as error:
            self._fail(f"ClientError: {error}")
        except (BotoCoreError, OSError, ValueError) as error:
            self._fail(f"InternalServerError: {error}")

    def _train(self, session: boto3.Session) -> None:
        attempt = 0
        while True:
            folder = self._prepare(session, attempt)
            ending = self._attempt(session, folder)
            if ending.kind != "interrupted":
                break
            attempt += 1
            self._record.move("Interrupted")
            shutil.rmtree(folder.root)
            if not self._await_capacity():
                return
            self._record.move("Starting")
        if ending.kind == "failed":
            self._fail(ending.reason)
            return
        self._deliver(session, folder, ending)
        shutil.rmtree(folder.root)

    def _prepare(self, session: boto3.Session, attempt: int) -> TrainingFolder:
        self._record.move("Downloading")
        root = self._host.folder / self._record.name / f"attempt-{attempt}"
        shutil.rmtree(root, ignore_errors=True)
        folder = TrainingFolder(root, self._asked)
        s3 = session.client("s3")
        for channel in self._asked.get("InputDataConfig", []):
            address = channel["DataSource"]["S3DataSource"]["S3Uri"]
            if not download_prefix(s3, address, folder.channel(channel["ChannelName"])):
                raise JobFailed(
                    "ClientError: Data download failed: No S3 objects found under S3 URL "
                    f'"{address}" given in input data source.'
                )
        return folder

    def _attempt(self, session: boto3.Session, folder: TrainingFolder) -> Ending:
        address = self._asked.get("CheckpointConfig", {}).get("S3Uri")
        kept = FolderCopy(session.client("s3"), folder.checkpoints, address) if address else None
        if kept:
            kept.fetch()
        self._record.move("Training", TrainingStartTime=self._record.now())
        container = TrainingContainer(self._record, self._asked, folder, self._host, self._metrics)
        began = time.monotonic()
        try:
            return container.run(
                kept,
                seconds=self._asked["StoppingCondition"]["MaxRuntimeInSeconds"]
                - self._trained_seconds,
                taken_away=self._taken_away,
            )
        finally:
            self._trained_seconds += time.monotonic() - began

    def _taken_away(self) -> bool:
        """Whether the job is on Spot, and its instance goes to somebody else."""
        spot = bool(self._asked.get("EnableManagedSpotTraining"))
        return spot and self._faults.find(INTERRUPTION, self._record.name) is not None

    def _await_capacity(self) -> bool:
        """Whether an instance was found before the job's waiting was over."""
        longest = self._asked["StoppingCondition"]["MaxWaitTimeInSeconds"]
        while self._taken_away():
            if self._record.stop_asked.is_set():
                self._record.move("Stopped", status="Stopped")
                return False
            if time.monotonic() - self._began > longest:
                self._record.move("MaxWaitTimeExceeded", status="Stopped")
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _deliver(self, session: boto3.Session, folder: TrainingFolder, ending: Ending) -> None:
        """What was stopped delivers what there is."""
        self._record.move("Uploading")
        output = self._asked["OutputDataConfig"]
        address = join_address(output["S3OutputPath"], f"{self._record.name}/output")
        s3, key_id = session.client("s3"), output.get("KmsKeyId")
        model = folder.pack(folder.model, MODEL)
        upload_file(s3, model, join_address(address, MODEL), key_id=key_id)
        if any(folder.output_data.iterdir()):
            packed = folder.pack(folder.output_data, "output.tar.gz")
            upload_file(s3, packed, join_address(address, "output.tar.gz"), key_id=key_id)
        seconds = max(1, round(self._trained_seconds))
        self._record.move(
            "Completed" if ending.kind == "completed" else ending.reason,
            status="Completed" if ending.kind == "completed" else "Stopped",
            FinalMetricDataList=self._metrics.final(),
            TrainingTimeInSeconds=seconds,
            BillableTimeInSeconds=seconds,
        )

    def _fail(self, reason: str) -> None:
        self._record.move(
            "Failed",
            status="Failed",
            FailureReason=reason[:1024],
            FinalMetricDataList=self._metrics.final(),
        )
