"""What a training job needs around it: an S3, a container of a few lines, and a client."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from moto.core.models import botocore_stubber

from ops.local.sagemaker.container_launch import Launch
from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.faults import Faults
from ops.local.sagemaker.in_process import attach
from ops.local.sagemaker.model_processes import ProcessHost
from ops.local.sagemaker.tags import Tags
from ops.local.sagemaker.training_jobs import TrainingJobs

BUCKET = "training"
ROLE = "arn:aws:iam::000000000000:role/execution"
LONGEST_SECONDS = 20.0


class OneSession:
    """Every role's session is the test's own."""

    def session(self, role_arn: str) -> boto3.Session:
        assert role_arn == ROLE
        return boto3.Session(region_name="us-east-1")


class TrainingPlatform:
    """Runs `script` as every image."""

    def __init__(self, folder: Path, script: str) -> None:
        (folder / "container.py").write_text(script)
        self.folder = folder
        self.told: list[tuple[str, Mapping[str, Any], Sequence[str]]] = []
        self.s3 = boto3.client("s3", "us-east-1")
        self.s3.create_bucket(Bucket=BUCKET)
        self.faults = Faults()
        tags = Tags()
        self.jobs = TrainingJobs(
            time.time, tags, lambda *event: self.told.append(event), self._host(), self.faults
        )
        self.client = boto3.client("sagemaker", "us-east-1")
        # moto answers what it can, and fails over the rest.
        self.client.meta.events.unregister("before-send", botocore_stubber)  # type: ignore[arg-type]
        attach(self.client, ControlPlane([tags, self.jobs]))

    def put(self, key: str, body: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def create(self, name: str = "job-1", **changes: Any) -> str:
        self.client.create_training_job(
            **{
                "TrainingJobName": name,
                "AlgorithmSpecification": {
                    "TrainingImage": "000000000000.dkr.ecr.us-east-1.amazonaws.com/assets:abc",
                    "TrainingInputMode": "File",
                    "MetricDefinitions": [
                        {"Name": "recall_at_10", "Regex": r"(?<!_)recall_at_10=([0-9.]+)"}
                    ],
                },
                "RoleArn": ROLE,
                "HyperParameters": {"seed": "7"},
                "InputDataConfig": [channel("interactions", "interactions/")],
                "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/output"},
                "ResourceConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 10,
                },
                "StoppingCondition": {"MaxRuntimeInSeconds": 60},
                **changes,
            }
        )
        return name

    def describe(self, name: str = "job-1") -> dict[str, Any]:
        return dict(self.client.describe_training_job(TrainingJobName=name))

    def await_status(self, *wanted: str, name: str = "job-1") -> dict[str, Any]:
        """Once the job's status or secondary status is one of these."""
        self.wait(
            lambda: (
                {self.describe(name)[key] for key in ("TrainingJobStatus", "SecondaryStatus")}
                & set(wanted)
            )
        )
        return self.describe(name)

    def wait(self, happened: Callable[[], Any]) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        while not happened():
            assert time.monotonic() < deadline, self.describe()
            time.sleep(0.02)

    def _host(self) -> ProcessHost:
        launch = Launch((sys.executable, "container.py"), self.folder, {"PATH": "/usr/bin:/bin"})
        return ProcessHost(
            launch=lambda _: launch,
            roles=OneSession(),  # type: ignore[arg-type]
            credentials=None,  # type: ignore[arg-type]
            environment={},
            folder=self.folder / "jobs",
            state=self.folder,
            logs=self.folder / "logs",
        )


def channel(name: str, prefix: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
