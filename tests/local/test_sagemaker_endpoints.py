"""Endpoints behind the emulator: real model processes, enforced policies, metrics, faults."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.local_platform import wait_until
from tests.local.sagemaker_alone import MINUTE_SECONDS, SageMakerAlone

CAPTURE_SECONDS = 20
# Far above what a busy machine adds to a request.
SLOW_MS = 400


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerAlone]:
    alone = SageMakerAlone(tmp_path_factory.mktemp("sagemaker") / "state")
    try:
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{alone.outputs['Bucket']}/captured",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        }
        alone.create_endpoint("mine-e", {"one": 0.8, "two": 0.2}, DataCaptureConfig=capture)
        yield alone
    finally:
        alone.close()


@pytest.fixture(autouse=True)
def _no_fault_is_left(cloud: SageMakerAlone) -> Iterator[None]:
    yield
    cloud.fault()


def _invoke(cloud: SageMakerAlone, body: bytes = b"{}", **more: Any) -> dict[str, Any]:
    given = {"EndpointName": "mine-e", "ContentType": "application/json", **more}
    answer: dict[str, Any] = cloud.aws_as("Control", "sagemaker-runtime").invoke_endpoint(
        Body=body, **given
    )
    return answer


def test_requests_go_to_the_models_processes_by_weight(cloud: SageMakerAlone) -> None:
    runtime = cloud.aws_as("Control", "sagemaker-runtime")
    answered: Counter[str] = Counter()
    for _ in range(100):
        answer = runtime.invoke_endpoint(EndpointName="mine-e", Body=b"{}")
        model = json.loads(answer["Body"].read())["model"]
        assert model == answer["InvokedProductionVariant"]
        answered[model] += 1

    assert 60 <= answered["one"] <= 95


def test_a_target_variant_overrides_the_weights(cloud: SageMakerAlone) -> None:
    answer = _invoke(cloud, b'{"app": 1}', TargetVariant="two")

    assert json.loads(answer["Body"].read()) == {"model": "two", "asked": {"app": 1}}


def test_a_models_refusal_is_a_model_error_with_its_own_status(cloud: SageMakerAlone) -> None:
    with pytest.raises(ClientError) as refused:
        _invoke(cloud, b"not JSON")

    assert refused.value.response["Error"]["Code"] == "ModelError"
    assert refused.value.response["OriginalStatusCode"] == 400


@pytest.mark.parametrize(
    ("service", "operation", "asked"),
    [
        pytest.param(
            "sagemaker", "describe_endpoint", {"EndpointName": "other"}, id="another's endpoint"
        ),
        pytest.param(
            "sagemaker",
            "update_endpoint",
            {"EndpointName": "mine-e", "EndpointConfigName": "other"},
            id="another's configuration on my endpoint",
        ),
        pytest.param("sagemaker", "list_endpoints", {}, id="a list, which has no resource"),
        pytest.param(
            "sagemaker-runtime",
            "invoke_endpoint",
            {"EndpointName": "other", "Body": b"{}"},
            id="another's model",
        ),
    ],
)
def test_a_role_touches_only_what_is_its_own(
    cloud: SageMakerAlone, service: str, operation: str, asked: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        getattr(cloud.aws_as("Control", service), operation)(**asked)


def test_only_a_role_that_may_be_passed_becomes_a_models(cloud: SageMakerAlone) -> None:
    with pytest.raises(ClientError, match="iam:PassRole"):
        cloud.aws_as("Control", "sagemaker").create_model(
            ModelName="mine-stolen", ExecutionRoleArn=cloud.outputs["Stranger"]
        )


def test_nobody_is_heard_with_a_wrong_signature(cloud: SageMakerAlone) -> None:
    session: Any = cloud.session("Control")
    key = session.get_credentials()
    forged: Any = type(session)(key.access_key, "wrong", key.token, region_name="us-east-1")
    client = forged.client("sagemaker", endpoint_url=cloud.settings.emulator_url)

    with pytest.raises(ClientError, match="Signature"):
        client.describe_endpoint(EndpointName="mine-e")


def test_each_variants_minute_is_in_cloudwatch_in_microseconds(cloud: SageMakerAlone) -> None:
    cloud.fault(name="slow-model", variant="two", milliseconds=SLOW_MS)
    for _ in range(5):
        _invoke(cloud, TargetVariant="two")
    with pytest.raises(ClientError):
        _invoke(cloud, b"not JSON", TargetVariant="two")

    def minutes(metric: str, statistic: str) -> list[float]:
        dimensions = [
            {"Name": "EndpointName", "Value": "mine-e"},
            {"Name": "VariantName", "Value": "two"},
        ]
        stat = {
            "Metric": {
                "Namespace": "AWS/SageMaker",
                "MetricName": metric,
                "Dimensions": dimensions,
            },
            "Period": 60,
            "Stat": statistic,
        }
        now = time.time()
        found = cloud.aws("cloudwatch").get_metric_data(
            MetricDataQueries=[{"Id": "a", "MetricStat": stat}], StartTime=now - 120, EndTime=now
        )
        return [float(value) for value in found["MetricDataResults"][0]["Values"]]

    # The requests may lie in two minutes, and are told of after those of other tests.
    wait_until(lambda: max(minutes("ModelLatency", "p99"), default=0) > SLOW_MS * 1000)
    wait_until(lambda: sum(minutes("Invocation4XXErrors", "Sum")) >= 1)
    assert sum(minutes("Invocation5XXErrors", "Sum")) == 0
    assert sum(minutes("Invocations", "Sum")) >= 6
    assert 0 < min(minutes("OverheadLatency", "p50")) < SLOW_MS * 1000


def test_requests_and_answers_are_captured_with_the_models_role(cloud: SageMakerAlone) -> None:
    _invoke(cloud, b'{"app": 7}', InferenceId="who")
    bucket, s3 = cloud.outputs["Bucket"], cloud.aws("s3")

    def lines() -> list[dict[str, Any]]:
        found = s3.list_objects_v2(Bucket=bucket, Prefix="captured/mine-e/").get("Contents", [])
        bodies = [s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found]
        return [json.loads(line) for body in bodies for line in body.splitlines()]

    def mine() -> list[dict[str, Any]]:
        return [line for line in lines() if line["eventMetadata"].get("inferenceId") == "who"]

    wait_until(lambda: bool(mine()), seconds=CAPTURE_SECONDS)
    captured = mine()[0]["captureData"]
    assert captured["endpointInput"]["data"] == '{"app": 7}'
    assert json.loads(captured["endpointOutput"]["data"])["asked"] == {"app": 7}


def test_an_update_that_fails_is_in_service_on_the_old_configuration(cloud: SageMakerAlone) -> None:
    cloud.fault(name="failed-update", endpoint="mine-e")
    cloud.configure("mine-e-2", {"two": 1})
    sagemaker = cloud.aws_as("Control", "sagemaker")
    sagemaker.update_endpoint(EndpointName="mine-e", EndpointConfigName="mine-e-2")

    assert cloud.status("mine-e") == "Updating"
    wait_until(lambda: cloud.status("mine-e") == "InService")
    described = sagemaker.describe_endpoint(EndpointName="mine-e")
    assert described["EndpointConfigName"] == "mine-e-1"
    assert "FailureReason" not in described


def test_rules_hear_of_an_endpoints_states(cloud: SageMakerAlone) -> None:
    heard: list[str] = []
    sqs = cloud.aws("sqs")

    def in_service() -> bool:
        answer = sqs.receive_message(QueueUrl=cloud.outputs["Heard"], MaxNumberOfMessages=10)
        events = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
        heard.extend(event["detail"]["EndpointStatus"] for event in events)
        return "IN_SERVICE" in heard

    wait_until(in_service)
    assert heard[0] == "CREATING"


def test_a_minute_schedule_of_a_rollouts_function_comes_every_rollout_minute(
    cloud: SageMakerAlone,
) -> None:
    def woken() -> int:
        group = f"/aws/lambda/{cloud.outputs['Woken']}"
        try:
            found = cloud.aws("logs").filter_log_events(logGroupName=group, filterPattern="woken")
        except ClientError:
            return 0
        return len(found["events"])

    wait_until(lambda: woken() >= 3, seconds=30 * MINUTE_SECONDS)


def test_scaling_needs_what_it_does_with_its_callers_rights(cloud: SageMakerAlone) -> None:
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/mine-e/variant/one",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling = cloud.aws_as("Control", "application-autoscaling")
    wait_until(lambda: cloud.status("mine-e") == "InService")
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=10)

    with pytest.raises(ClientError, match="cloudwatch:PutMetricAlarm"):
        scaling.put_scaling_policy(**target, PolicyName="p", PolicyType="TargetTrackingScaling")
    cloud.configure("mine-e-3", {"two": 1})
    sagemaker = cloud.aws_as("Control", "sagemaker")
    with pytest.raises(ClientError, match="must be deregistered as scalable targets"):
        sagemaker.update_endpoint(EndpointName="mine-e", EndpointConfigName="mine-e-3")
