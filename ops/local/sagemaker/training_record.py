"""What is known of one training job, in the shape of DescribeTrainingJob."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ops.local.sagemaker.endpoint_changes import Announce
from ops.local.sagemaker.job_objects import join_address
from ops.local.sagemaker.names import moment, resource_arn
from ops.local.sagemaker.shapes import service_model

STATE_CHANGE = "SageMaker Training Job State Change"
IN_PROGRESS = "InProgress"
MODEL = "model.tar.gz"
# Each secondary status with AWS's message for it.
MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Interrupted": "Training job interrupted: the Spot instance was taken away",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job was interrupted for longer than MaxWaitTimeInSeconds",
    "Failed": "Training job failed",
    "Completed": "Training job completed",
}


class TrainingRecord:
    """Written by the job's own thread, read by calls."""

    def __init__(
        self, asked: Mapping[str, Any], clock: Callable[[], float], announce: Announce
    ) -> None:
        self._clock, self._announce = clock, announce
        self._lock = threading.Lock()
        self.stop_asked = threading.Event()
        name = asked["TrainingJobName"]
        now = self.now()
        shape = service_model("sagemaker").operation_model("DescribeTrainingJob").output_shape
        assert shape is not None
        described = {key: value for key, value in asked.items() if key in shape.members}
        output = join_address(asked["OutputDataConfig"]["S3OutputPath"], f"{name}/output")
        self._content: dict[str, Any] = {
            **described,
            "TrainingJobArn": resource_arn("training-job", name),
            "ModelArtifacts": {"S3ModelArtifacts": join_address(output, MODEL)},
            "TrainingJobStatus": IN_PROGRESS,
            "SecondaryStatus": "Starting",
            "SecondaryStatusTransitions": [],
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        self.move("Starting")

    @property
    def arn(self) -> str:
        arn: str = self._content["TrainingJobArn"]
        return arn

    @property
    def name(self) -> str:
        name: str = self._content["TrainingJobName"]
        return name

    @property
    def in_progress(self) -> bool:
        return str(self._content["TrainingJobStatus"]) == IN_PROGRESS

    def now(self) -> datetime:
        return moment(self._clock())

    def describe(self) -> dict[str, Any]:
        with self._lock:
            transitions = [dict(held) for held in self._content["SecondaryStatusTransitions"]]
            return {**self._content, "SecondaryStatusTransitions": transitions}

    def move(self, secondary: str, *, status: str | None = None, **changes: Any) -> None:
        """To the next status, with what becomes known by it."""
        now = self.now()
        with self._lock:
            transitions = self._content["SecondaryStatusTransitions"]
            if transitions:
                transitions[-1]["EndTime"] = now
            message = changes.get("FailureReason", MESSAGES[secondary])
            transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
            if status not in (None, "Stopping"):
                transitions[-1]["EndTime"] = now
                changes["TrainingEndTime"] = now
            self._content |= {
                "SecondaryStatus": secondary,
                "TrainingJobStatus": status or self._content["TrainingJobStatus"],
                "LastModifiedTime": now,
                **changes,
            }
        detail = _as_json(self.describe())
        self._announce(STATE_CHANGE, detail, [self.arn])


def _as_json(value: Any) -> Any:
    """Moments as milliseconds.

    Source: Amazon SageMaker Developer Guide, "Events that Amazon SageMaker AI sends".
    """
    match value:
        case dict():
            return {name: _as_json(held) for name, held in value.items()}
        case list():
            return [_as_json(held) for held in value]
        case datetime():
            return int(value.timestamp() * 1000)
    return value
