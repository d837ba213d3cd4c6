"""Training jobs: what CreateTrainingJob takes, and what runs of it.

Not modelled: instances and what they cost, more than one host, other input modes than files,
algorithms of AWS, debuggers, profilers, warm pools; a job's container gets no credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ops.local.sagemaker.endpoint_changes import Announce
from ops.local.sagemaker.faults import Faults
from ops.local.sagemaker.listing import list_page
from ops.local.sagemaker.metric_definitions import LogMetrics
from ops.local.sagemaker.model_processes import ProcessHost
from ops.local.sagemaker.names import moment
from ops.local.sagemaker.operation import Operation, Refusal, invalid
from ops.local.sagemaker.tags import Tags
from ops.local.sagemaker.training_folder import OPT_ML
from ops.local.sagemaker.training_record import TrainingRecord
from ops.local.sagemaker.training_run import TrainingRun

LONGEST_STOP_SECONDS = 3.0
SUMMARY = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "TrainingJobStatus",
    "SecondaryStatus",
)


class TrainingJobs:
    """Each runs on a thread of its own; nothing waits for a place."""

    def __init__(
        self,
        clock: Callable[[], float],
        tags: Tags,
        announce: Announce,
        host: ProcessHost,
        faults: Faults,
    ) -> None:
        self._clock, self._tags, self._announce = clock, tags, announce
        self._host, self._faults = host, faults
        self._records: dict[str, TrainingRecord] = {}
        self._runs: list[TrainingRun] = []

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        named = {
            "CreateTrainingJob": self._create,
            "DescribeTrainingJob": lambda asked: self._record(asked).describe(),
            "StopTrainingJob": self._stop,
            "ListTrainingJobs": self._list,
        }
        return {("sagemaker", name): operation for name, operation in named.items()}

    def advance(self) -> None:
        """Jobs go on by themselves."""

    def stop_all(self) -> None:
        """With everything: containers have a moment to end, before the platform ends them."""
        for record in self._records.values():
            record.stop_asked.set()
        for run in self._runs:
            run.join(LONGEST_STOP_SECONDS)

    def _record(self, asked: Mapping[str, Any]) -> TrainingRecord:
        name = asked["TrainingJobName"]
        if name not in self._records:
            raise invalid(f"Requested resource not found: training job {name}")
        return self._records[name]

    def _create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = asked["TrainingJobName"]
        if name in self._records:
            raise Refusal(
                "ResourceInUse",
                f"Job name must be unique within an AWS account and region: {name} already exists",
            )
        _check(asked)
        definitions = asked["AlgorithmSpecification"].get("MetricDefinitions", [])
        metrics = LogMetrics(definitions, lambda: moment(self._clock()))
        record = TrainingRecord(asked, self._clock, self._announce)
        self._records[name] = record
        self._tags.put(record.arn, asked.get("Tags", []))
        run = TrainingRun(record, asked, metrics, self._host, self._faults)
        self._runs.append(run)
        run.start()
        return {"TrainingJobArn": record.arn}

    def _stop(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        record = self._record(asked)
        if not record.in_progress:
            status = record.describe()["TrainingJobStatus"]
            raise invalid(f"The training job {record.name} is {status}: it cannot be stopped")
        record.move("Stopping", status="Stopping")
        record.stop_asked.set()
        return {}

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        rows = []
        for record in self._records.values():
            described = record.describe()
            rows.append({field: described[field] for field in SUMMARY if field in described})
        return list_page(rows, asked, kind="TrainingJob", key="TrainingJobSummaries")


def _check(asked: Mapping[str, Any]) -> None:
    """What AWS refuses, and what is not carried here. Raises Refusal."""
    algorithm, resources = asked["AlgorithmSpecification"], asked.get("ResourceConfig", {})
    if "TrainingImage" not in algorithm or algorithm["TrainingInputMode"] != "File":
        raise invalid("the local SageMaker trains images of our own with input mode File")
    if resources.get("InstanceCount") != 1:
        raise invalid(f"InstanceCount: given {resources.get('InstanceCount')}, 1 is carried here")
    stopping = asked.get("StoppingCondition", {})
    runtime, wait = stopping.get("MaxRuntimeInSeconds"), stopping.get("MaxWaitTimeInSeconds")
    if runtime is None:
        raise invalid("StoppingCondition.MaxRuntimeInSeconds is missing")
    spot = asked.get("EnableManagedSpotTraining", False)
    if spot and (wait is None or wait < runtime):
        raise invalid(
            f"MaxWaitTimeInSeconds: given {wait}, at least MaxRuntimeInSeconds ({runtime}) "
            "for managed Spot training"
        )
    if wait is not None and not spot:
        raise invalid("MaxWaitTimeInSeconds is for managed Spot training only")
    names = [channel["ChannelName"] for channel in asked.get("InputDataConfig", [])]
    if len(set(names)) < len(names):
        raise invalid(f"channel names repeat: {', '.join(names)}")
    for channel in asked.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource", {})
        if source.get("S3DataType") != "S3Prefix" or "S3Uri" not in source:
            raise invalid(f"channel {channel['ChannelName']}: only an S3Prefix is carried here")
        if channel.get("CompressionType", "None") != "None":
            raise invalid(f"channel {channel['ChannelName']}: compressed channels are not carried")
    local = asked.get("CheckpointConfig", {}).get("LocalPath", OPT_ML)
    if not local.startswith(OPT_ML):
        raise invalid(f"CheckpointConfig.LocalPath: given {local}, below {OPT_ML} is carried here")
