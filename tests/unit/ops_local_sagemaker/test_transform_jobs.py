"""Batch transform of the local SageMaker."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.models import botocore_stubber

from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.in_process import attach
from ops.local.sagemaker.model_host import Fleet, ModelAnswer, ModelRequest, Readiness
from ops.local.sagemaker.models import Models
from ops.local.sagemaker.tags import Tags
from ops.local.sagemaker.transform_jobs import TransformJobs
from tests.unit.ops_local_sagemaker.training_platform import BUCKET, ROLE, OneSession

pytestmark = pytest.mark.slow


class Shouting:
    """A host whose model answers each line in capitals, and knows no word `bad`."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.environments: list[Any] = []
        self.running: set[Fleet] = set()
        self.failure: str | None = None

    def start(self, fleet: Fleet, model: Mapping[str, Any]) -> None:
        self.running.add(fleet)
        self.environments.append(model["PrimaryContainer"]["Environment"])

    def readiness(self, fleet: Fleet) -> Readiness:
        return Readiness(ready=self.failure is None, failure=self.failure)

    def stop(self, fleet: Fleet) -> None:
        self.running.remove(fleet)

    def invoke(self, fleet: Fleet, request: ModelRequest) -> ModelAnswer:
        assert request.content_type == "application/jsonlines"
        self.asked.append(request.body)
        status = 400 if b"bad" in request.body else 200
        return ModelAnswer(status, request.body.upper() + b"\n", "application/jsonlines", 1.0)


class Bench:
    """Jobs over one S3, with a model that is registered already."""

    def __init__(self) -> None:
        self.host = Shouting()
        self.told: list[tuple[str, Any, Any]] = []
        self.s3 = boto3.client("s3", "us-east-1")
        self.s3.create_bucket(Bucket=BUCKET)
        tags = Tags()
        models = Models(time.time, tags)
        jobs = TransformJobs(
            time.time,
            tags,
            lambda *event: self.told.append(event),
            models,
            self.host,
            OneSession(),  # type: ignore[arg-type]
        )
        self.client = boto3.client("sagemaker", "us-east-1")
        self.client.meta.events.unregister("before-send", botocore_stubber)  # type: ignore[arg-type]
        attach(self.client, ControlPlane([tags, models, jobs]))
        self.client.create_model(
            ModelName="m1",
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": "i:t", "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"},
        )

    def put(self, key: str, body: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())

    def run(self, key: str, **changes: Any) -> dict[str, Any]:
        """What became of a job over the key."""
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{key}"}
        self.client.create_transform_job(
            **{
                "TransformJobName": "t1",
                "ModelName": "m1",
                "TransformInput": {
                    "DataSource": {"S3DataSource": source},
                    "ContentType": "application/jsonlines",
                    "SplitType": "Line",
                },
                "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out", "AssembleWith": "Line"},
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                **changes,
            }
        )
        deadline = time.monotonic() + 10
        while (job := self.describe())["TransformJobStatus"] == "InProgress" or self.host.running:
            assert time.monotonic() < deadline, job
            time.sleep(0.01)
        return self.describe()

    def describe(self) -> dict[str, Any]:
        return dict(self.client.describe_transform_job(TransformJobName="t1"))

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Bench()


def test_lines_go_through_the_model_and_come_back_in_order(bench: Bench) -> None:
    bench.put("in/a.jsonl", "one\ntwo\n")

    job = bench.run("in/a.jsonl", Environment={"LOUD": "1"})

    assert job["TransformJobStatus"] == "Completed", job
    assert bench.read("out/a.jsonl.out") == b"ONE\nTWO\n"
    assert bench.host.asked == [b"one\ntwo"]
    assert bench.host.environments == [{"LOUD": "1"}]


def test_a_single_record_is_asked_at_a_time_if_so_wanted(bench: Bench) -> None:
    bench.put("in/a.jsonl", "one\ntwo\n")
    bench.run("in/a.jsonl", BatchStrategy="SingleRecord")

    assert bench.host.asked == [b"one", b"two"]


def test_lines_beyond_the_payload_are_sent_in_several_requests(bench: Bench) -> None:
    line = "x" * 700_000
    bench.put("in/a.jsonl", f"{line}\n{line}\n")
    bench.run("in/a.jsonl", MaxPayloadInMB=1)

    assert [len(body) for body in bench.host.asked] == [700_000, 700_000]


def test_every_object_below_a_prefix_has_an_output_of_its_own(bench: Bench) -> None:
    bench.put("in/a.jsonl", "one\n")
    bench.put("in/sub/b.jsonl", "two\n")
    bench.run("in/")

    assert bench.read("out/a.jsonl.out") == b"ONE\n"
    assert bench.read("out/sub/b.jsonl.out") == b"TWO\n"


def test_a_record_that_the_model_refuses_fails_the_job_with_its_words(bench: Bench) -> None:
    bench.put("in/a.jsonl", "bad\n")

    job = bench.run("in/a.jsonl")

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == "ClientError: a.jsonl: the model answered 400: BAD\n"
    assert bench.told[-1][1]["TransformJobStatus"] == "Failed"


def test_no_input_and_no_model_fail_with_a_reason(bench: Bench) -> None:
    assert "No S3 objects found" in bench.run("nowhere")["FailureReason"]


def test_a_model_that_does_not_start_fails_the_job(bench: Bench) -> None:
    bench.host.failure = "no such archive"

    assert "no such archive" in bench.run("in/a.jsonl")["FailureReason"]


def test_a_name_is_used_once(bench: Bench) -> None:
    bench.put("in/a.jsonl", "one\n")
    bench.run("in/a.jsonl")

    with pytest.raises(ClientError, match="must be unique"):
        bench.run("in/a.jsonl")
