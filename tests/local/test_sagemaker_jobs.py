"""Jobs, registry and feature store behind the emulator, with machines, rules and Athena."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.local.state_files import write_json
from tests.local.emulator_alone import attribute
from tests.local.job_resources import (
    GROUP,
    PACKAGES,
    TRAINING,
    TRAINING_IMAGE,
    job_resources,
)
from tests.local.local_platform import wait_until
from tests.local.sagemaker_alone import SageMakerAlone, image_assembly

pytestmark = pytest.mark.slow


class Jobs:
    """A cloud with this file's stack in it."""

    def __init__(self, cloud: SageMakerAlone, assembly: Path) -> None:
        self.cloud = cloud
        write_json(
            cloud.settings.deployment_file,
            {"assembly": str(image_assembly(assembly, "train", TRAINING))},
        )
        names = ("Files", "Machine", "Unheard", "Heard", "Packages", "Features")
        wanted: dict[str, Any] = {name: {"Ref": name} for name in names}
        wanted["Feeder"] = attribute("Feeder", "Arn")
        self.outputs = cloud.deploy("jobs", job_resources(), wanted)
        cloud.outputs |= self.outputs

    def run(self, machine: str, name: str, **hyperparameters: str) -> dict[str, Any]:
        """What became of the machine."""
        self.cloud.aws("s3").put_object(
            Bucket=self.outputs["Files"], Key="interactions/part-1.json", Body=b"{}\n{}\n"
        )
        states = self.cloud.aws("stepfunctions")
        given = {
            "name": name,
            "input": f"s3://{self.outputs['Files']}/interactions/",
            "hyperparameters": {"seed": "7", **hyperparameters},
        }
        arn = states.start_execution(
            stateMachineArn=self.outputs[machine], input=json.dumps(given)
        )["executionArn"]
        wait_until(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING")
        return dict(states.describe_execution(executionArn=arn))

    def heard(self) -> list[dict[str, Any]]:
        items = self.cloud.aws("dynamodb").scan(TableName=self.outputs["Heard"])["Items"]
        return [json.loads(item["event"]["S"]) for item in items]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    folder = tmp_path_factory.mktemp("sagemaker")
    cloud = SageMakerAlone(folder / "state")
    try:
        yield Jobs(cloud, folder / "training-assembly")
    finally:
        cloud.close()


def test_a_state_machine_trains_and_waits_for_the_artefact(jobs: Jobs) -> None:
    ended = jobs.run("Machine", "mine-1")

    assert ended["status"] == "SUCCEEDED", ended
    result = json.loads(ended["output"])
    assert result["metrics"][0]["Value"] == pytest.approx(0.2)
    assert result["artefact"] == f"s3://{jobs.outputs['Files']}/output/mine-1/output/model.tar.gz"
    groups = jobs.cloud.aws("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs"
    )["logStreams"]
    assert any(stream["logStreamName"].startswith("mine-1/algo-1-") for stream in groups)


def test_a_training_that_fails_fails_its_state_with_the_jobs_description(jobs: Jobs) -> None:
    ended = jobs.run("Machine", "mine-2", fail="1")

    assert ended["error"] == "States.TaskFailed"
    job = json.loads(ended["cause"])
    assert job["FailureReason"] == "AlgorithmError: asked to fail, exit code: 1"


@pytest.mark.parametrize(
    ("machine", "name", "words"),
    [
        pytest.param("Machine", "other-1", "sagemaker:CreateTrainingJob", id="another's job"),
        pytest.param("Unheard", "mine-3", "managed rule", id="no right to hear of the end"),
    ],
)
def test_a_machine_trains_only_what_its_role_may(
    jobs: Jobs, machine: str, name: str, words: str
) -> None:
    ended = jobs.run(machine, name)

    assert ended["status"] == "FAILED"
    assert words in ended["cause"]


def test_an_approval_reaches_the_function_that_lets_its_rule_in(jobs: Jobs) -> None:
    sagemaker = jobs.cloud.aws("sagemaker")
    container = {"Image": TRAINING_IMAGE, "ModelDataUrl": "s3://files/model.tar.gz"}
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=PACKAGES,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        ModelApprovalStatus="PendingManualApproval",
    )["ModelPackageArn"]
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")

    def approvals() -> list[dict[str, Any]]:
        return [
            event
            for event in jobs.heard()
            if event["detail"].get("ModelApprovalStatus") == "Approved"
        ]

    wait_until(lambda: bool(approvals()))
    event = approvals()[0]
    assert (event["source"], event["resources"]) == ("aws.sagemaker", [arn])
    assert event["detail"]["ModelPackageGroupName"] == PACKAGES


def test_a_rule_that_the_function_does_not_let_in_reaches_nobody(jobs: Jobs) -> None:
    jobs.run("Machine", "mine-4")

    log = jobs.cloud.settings.logs / "emulator.log"
    wait_until(lambda: "does not let events.amazonaws.com perform lambda:" in log.read_text())
    assert not [event for event in jobs.heard() if "Training Job" in event["detail-type"]]


def test_features_are_read_online_and_by_athena_offline(jobs: Jobs) -> None:
    runtime = jobs.cloud.aws_as("Feeder", "sagemaker-featurestore-runtime")
    record = {"app_id": "a", "ctr": "0.25", "last_updated": "2026-01-02T03:04:05Z"}
    runtime.put_record(
        FeatureGroupName=GROUP,
        Record=[{"FeatureName": name, "ValueAsString": text} for name, text in record.items()],
    )
    found = runtime.batch_get_record(
        Identifiers=[{"FeatureGroupName": GROUP, "RecordIdentifiersValueAsString": ["a"]}]
    )["Records"]
    assert len(found) == 1
    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:DeleteRecord"):
        runtime.delete_record(
            FeatureGroupName=GROUP,
            RecordIdentifierValueAsString="a",
            EventTime="2026-01-03T00:00:00Z",
        )

    athena = jobs.cloud.aws("athena")

    def rows() -> list[Any]:
        query_id = athena.start_query_execution(
            QueryString='SELECT app_id, ctr, is_deleted, year FROM "features"."app_features"',
            ResultConfiguration={"OutputLocation": f"s3://{jobs.outputs['Files']}/results/"},
        )["QueryExecutionId"]

        def status() -> dict[str, Any]:
            answer = athena.get_query_execution(QueryExecutionId=query_id)
            return dict(answer["QueryExecution"]["Status"])

        wait_until(lambda: status()["State"] not in ("QUEUED", "RUNNING"))
        assert status()["State"] == "SUCCEEDED", status()
        answer = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"][1:]
        return [[cell["VarCharValue"] for cell in row["Data"]] for row in answer]

    wait_until(lambda: bool(rows()))
    assert rows() == [["a", "0.25", "false", "2026"]]
