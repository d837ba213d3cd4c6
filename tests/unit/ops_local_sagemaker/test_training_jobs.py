"""Training jobs of the local SageMaker, with containers that are real processes."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ops.local.sagemaker.faults import Fault
from tests.unit.ops_local_sagemaker.training_platform import BUCKET, TrainingPlatform, channel

pytestmark = pytest.mark.slow

BEGINNING = """
import json, os, pathlib, signal, sys, time
root = pathlib.Path(os.environ["SM_ROOT"])
"""
TRAINS = """
hyperparameters = json.loads((root / "input/config/hyperparameters.json").read_text())
files = sorted(str(p.relative_to(root / "input/data")) for p in root.glob("input/data/*/*"))
(root / "model" / "model.json").write_text(json.dumps([hyperparameters, files]))
(root / "output" / "data" / "evaluation.json").write_text("{}")
print("recall_at_10=0.1; baseline_recall_at_10=0.05")
print("recall_at_10=0.25; baseline_recall_at_10=0.05")
"""
FAILS = """
(root / "output" / "failure").write_text("no interactions")
sys.exit(1)
"""
# Counts up in its checkpoint, and ends when it has counted to 2: over two attempts.
COUNTS = """
checkpoint = root / "checkpoints" / "count"
count = int(checkpoint.read_text()) if checkpoint.exists() else 0
def leave(*_):
    checkpoint.write_text(str(count + 1))
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print(f"counted={count}", flush=True)
if count < 1:
    time.sleep(60)
(root / "model" / "count").write_text(str(count))
"""
SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60},
    "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints/job-1"},
}
Make = Callable[[str], TrainingPlatform]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    made: list[TrainingPlatform] = []

    def of(script: str) -> TrainingPlatform:
        platform = TrainingPlatform(tmp_path, BEGINNING + script)
        platform.put("interactions/part-1.json", "{}")
        platform.put("interactions/day=2/part-2.json", "{}")
        made.append(platform)
        return platform

    with mock_aws():
        yield of
        for platform in made:
            platform.jobs.stop_all()


def _archive(content: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        files = {held.name: packed.extractfile(held) for held in packed if held.isfile()}
        return {name: file.read().decode() for name, file in files.items() if file}


def test_a_job_reads_its_channels_and_delivers_model_and_metrics(make: Make) -> None:
    platform = make(TRAINS)
    platform.put("embeddings/v2/manifest.json", "{}")
    platform.create(
        InputDataConfig=[
            channel("interactions", "interactions/"),
            channel("embeddings", "embeddings/v2/"),
        ]
    )

    job = platform.await_status("Completed", "Failed")

    assert job["TrainingJobStatus"] == "Completed", job
    address = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert address == f"s3://{BUCKET}/output/job-1/output/model.tar.gz"
    hyperparameters, files = json.loads(
        _archive(platform.read("output/job-1/output/model.tar.gz"))["model.json"]
    )
    assert hyperparameters == {"seed": "7"}
    assert files == ["embeddings/manifest.json", "interactions/day=2", "interactions/part-1.json"]
    data = _archive(platform.read("output/job-1/output/output.tar.gz"))
    assert data == {"evaluation.json": "{}"}
    metrics = {held["MetricName"]: held["Value"] for held in job["FinalMetricDataList"]}
    assert metrics == {"recall_at_10": pytest.approx(0.25)}
    statuses = [held["Status"] for held in job["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]


def test_an_artefact_carries_the_checksum_that_s3_compared(make: Make) -> None:
    platform = make(TRAINS)
    platform.create()
    platform.await_status("Completed")

    key = "output/job-1/output/model.tar.gz"
    head = platform.s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")

    digest = hashlib.sha256(platform.read(key)).digest()
    assert head["ChecksumSHA256"] == base64.b64encode(digest).decode()


def test_each_status_is_announced_with_the_job_as_described(make: Make) -> None:
    platform = make(TRAINS)
    platform.create()
    platform.await_status("Completed")

    kind, detail, resources = platform.told[-1]
    assert kind == "SageMaker Training Job State Change"
    assert detail["TrainingJobStatus"] == "Completed"
    assert detail["CreationTime"] == pytest.approx(
        platform.describe()["CreationTime"].timestamp() * 1000, abs=1
    )
    assert list(resources) == [platform.describe()["TrainingJobArn"]]


def test_a_failure_says_what_the_container_wrote(make: Make) -> None:
    platform = make(FAILS)
    platform.create()

    job = platform.await_status("Failed")

    assert job["FailureReason"] == "AlgorithmError: no interactions, exit code: 1"


def test_a_channel_without_objects_fails_before_any_training(make: Make) -> None:
    platform = make(TRAINS)
    platform.create(InputDataConfig=[channel("interactions", "nowhere/")])

    job = platform.await_status("Failed")

    assert "No S3 objects found under S3 URL" in job["FailureReason"]


def test_a_spot_job_that_was_interrupted_goes_on_from_its_checkpoint(make: Make) -> None:
    platform = make(COUNTS)
    platform.create(**SPOT)
    log = platform.folder / "logs" / "training.log"
    platform.wait(lambda: log.exists() and "counted=0" in log.read_text())
    platform.faults.switch_on(Fault(name="spot-interruption", endpoint="job-1"))
    platform.await_status("Interrupted")
    assert platform.read("checkpoints/job-1/count") == b"1"
    platform.faults.switch_off()

    job = platform.await_status("Completed", "Failed")

    assert job["TrainingJobStatus"] == "Completed", job
    assert _archive(platform.read("output/job-1/output/model.tar.gz")) == {"count": "1"}
    statuses = [held["Status"] for held in job["SecondaryStatusTransitions"]]
    again = ["Starting", "Downloading", "Training"]
    assert statuses == [*again, "Interrupted", *again, "Uploading", "Completed"]


def test_a_job_that_is_not_on_spot_keeps_its_instance(make: Make) -> None:
    platform = make(TRAINS)
    platform.faults.switch_on(Fault(name="spot-interruption"))
    platform.create()

    assert platform.await_status("Completed", "Failed")["TrainingJobStatus"] == "Completed"


def test_an_interrupted_job_waits_no_longer_than_it_may(make: Make) -> None:
    platform = make("time.sleep(60)")
    platform.faults.switch_on(Fault(name="spot-interruption"))
    stopping = {"MaxRuntimeInSeconds": 2, "MaxWaitTimeInSeconds": 2}
    platform.create(**SPOT | {"StoppingCondition": stopping})

    job = platform.await_status("Stopped", "Completed", "Failed")

    assert job["SecondaryStatus"] == "MaxWaitTimeExceeded"


def test_a_stopped_job_delivers_what_there_is(make: Make) -> None:
    platform = make(COUNTS)
    platform.create()
    platform.await_status("Training")
    platform.client.stop_training_job(TrainingJobName="job-1")

    job = platform.await_status("Stopped")

    assert job["SecondaryStatus"] == "Stopped"
    assert platform.read("output/job-1/output/model.tar.gz")


def test_a_job_runs_no_longer_than_it_may(make: Make) -> None:
    platform = make("time.sleep(60)")
    platform.create(StoppingCondition={"MaxRuntimeInSeconds": 1})

    job = platform.await_status("Stopped", "Failed", "Completed")

    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"EnableManagedSpotTraining": True}, "at least MaxRuntimeInSeconds", id="no wait"
        ),
        pytest.param(
            {"InputDataConfig": [channel("a", "x"), channel("a", "y")]}, "repeat", id="channels"
        ),
        pytest.param(
            {"CheckpointConfig": {"S3Uri": "s3://b/c", "LocalPath": "/tmp/c"}},  # noqa: S108
            "below /opt/ml",
            id="checkpoints elsewhere",
        ),
    ],
)
def test_what_cannot_run_is_refused(make: Make, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        make(TRAINS).create(**changes)


def test_a_name_is_used_once(make: Make) -> None:
    platform = make(TRAINS)
    platform.create()

    with pytest.raises(platform.client.exceptions.ResourceInUse):
        platform.create()
