"""What is put into CloudWatch of each variant's minutes, and into S3 of its requests."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ops.local.sagemaker.data_capture import FLUSH_SECONDS, DataCapture, capture_record
from ops.local.sagemaker.endpoint_record import Endpoint, Variant
from ops.local.sagemaker.faults import Fault, Faults
from ops.local.sagemaker.invocation import Invocation
from ops.local.sagemaker.model_host import Fleet, ModelAnswer, ModelRequest
from ops.local.sagemaker.names import moment
from ops.local.sagemaker.pace import Pace
from ops.local.sagemaker.variant_metrics import MOST_VALUES, VariantMetrics

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captured/here",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}


def _endpoint(**configuration: Any) -> Endpoint:
    variants = {
        name: Variant(name, "image", "role", Fleet("e", name, "m", 0), {}, 1, 1, 2, 2)
        for name in ("production", "canary")
    }
    return Endpoint("e", "arn", "InService", configuration, 0, 0, variants)


def _invocation(
    variant: str = "production", status: int = 200, us: float = 1000.4, **capture: Any
) -> Invocation:
    endpoint = _endpoint(DataCaptureConfig={**CAPTURE, **capture})
    return Invocation(endpoint, endpoint.variants[variant], status, us, 50.0)


class Minutes:
    """A clock, the metrics on it, and what was put."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.faults = Faults()
        self.puts: list[dict[str, Any]] = []
        self.metrics = VariantMetrics(lambda: self.now, Pace(5.0), self.faults, self._put)

    def _put(self, namespace: str, data: Sequence[dict[str, Any]]) -> None:
        assert namespace == "AWS/SageMaker"
        self.puts.extend(data)

    def total(self, metric: str, variant: str = "production") -> float:
        dimensions = [
            {"Name": "EndpointName", "Value": "e"},
            {"Name": "VariantName", "Value": variant},
        ]
        return sum(
            value * count
            for datum in self.puts
            if datum["MetricName"] == metric and datum["Dimensions"] == dimensions
            for value, count in zip(datum["Values"], datum["Counts"], strict=True)
        )


@pytest.fixture
def minutes() -> Minutes:
    return Minutes()


def test_a_minute_is_put_once_it_is_over_and_once_only(minutes: Minutes) -> None:
    minutes.metrics.record(_invocation())
    minutes.now = 1_004.9
    minutes.metrics.flush()
    assert minutes.puts == []
    minutes.now = 1_005.0
    minutes.metrics.flush()
    minutes.metrics.flush()

    assert minutes.total("Invocations") == 1
    assert {datum["Timestamp"] for datum in minutes.puts} == {moment(1_000)}
    assert {datum["StorageResolution"] for datum in minutes.puts} == {1}


def test_errors_are_counted_by_their_kind_and_zero_is_said(minutes: Minutes) -> None:
    for status in (200, 200, 400, 422, 500):
        minutes.metrics.record(_invocation(status=status))
    minutes.metrics.record(_invocation("canary"))
    minutes.now += 5
    minutes.metrics.flush()

    assert minutes.total("Invocations") == 5
    assert minutes.total("Invocation4XXErrors") == 2
    assert minutes.total("Invocation5XXErrors") == 1
    assert minutes.total("InvocationModelErrors") == 3
    assert minutes.total("InvocationsPerInstance") == 2.5
    errors = [datum for datum in minutes.puts if datum["MetricName"] == "Invocation5XXErrors"]
    assert errors[0]["Values"] == [0.0]
    assert minutes.total("Invocations", "canary") == 1


def test_latencies_are_whole_microseconds_in_chunks_that_a_datum_holds(minutes: Minutes) -> None:
    for number in range(400):
        minutes.metrics.record(_invocation(us=1_000.4 + number))
    minutes.now += 5
    minutes.metrics.flush()

    data = [datum for datum in minutes.puts if datum["MetricName"] == "ModelLatency"]
    assert {datum["Unit"] for datum in data} == {"Microseconds"}
    assert all(len(datum["Values"]) <= MOST_VALUES for datum in data)
    assert sorted(value for datum in data for value in datum["Values"]) == [
        1_000 + number for number in range(400)
    ]
    overhead = [datum for datum in minutes.puts if datum["MetricName"] == "OverheadLatency"]
    assert sum(sum(datum["Counts"]) for datum in overhead) == 400


def test_a_variant_that_is_gone_when_it_answers_is_still_measured(minutes: Minutes) -> None:
    late = _invocation("canary")
    del late.endpoint.variants["canary"]
    minutes.metrics.record(late)
    minutes.now += 5
    minutes.metrics.flush()

    assert minutes.total("Invocations", "canary") == 1


def test_missing_metrics_never_arrive(minutes: Minutes) -> None:
    minutes.faults.switch_on(Fault(name="missing-metrics", variant="canary"))
    minutes.metrics.record(_invocation("canary"))
    minutes.metrics.record(_invocation())
    minutes.now += 5
    minutes.metrics.flush()
    minutes.faults.switch_off()
    minutes.now += 5
    minutes.metrics.flush()

    assert minutes.total("Invocations", "canary") == 0
    assert minutes.total("Invocations") == 1


def _record(request: ModelRequest, **settings: Any) -> dict[str, Any]:
    answer = ModelAnswer(200, b'{"app": 2}', "application/json; charset=utf-8", 1.0)
    return capture_record({**CAPTURE, **settings}, request, answer, "who", moment(0))


def test_a_captured_body_is_text_where_the_configuration_names_its_type() -> None:
    kinds = {"JsonContentTypes": ["application/json"], "CsvContentTypes": ["text/csv"]}
    record = _record(ModelRequest(b"1,2", "text/csv"), CaptureContentTypeHeader=kinds)

    assert record["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": "1,2",
        "encoding": "CSV",
    }
    assert record["captureData"]["endpointOutput"]["encoding"] == "JSON"
    assert record["eventMetadata"]["inferenceId"] == "who"
    assert record["eventVersion"] == "0"


def test_another_captured_body_is_base64_and_only_what_is_asked_for() -> None:
    asked = ModelRequest(b"\x00\x01", "application/octet-stream")
    record = _record(asked, CaptureOptions=[{"CaptureMode": "Input"}])

    captured = record["captureData"]["endpointInput"]
    assert base64.b64decode(captured["data"]) == b"\x00\x01"
    assert "endpointOutput" not in record["captureData"]


@pytest.fixture
def bucket() -> Iterator[Any]:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="captured")
        yield s3


def _captured(bucket: Any) -> dict[str, list[dict[str, Any]]]:
    found = bucket.list_objects_v2(Bucket="captured").get("Contents", [])
    bodies = {each["Key"]: bucket.get_object(Bucket="captured", Key=each["Key"]) for each in found}
    return {
        key: [json.loads(line) for line in answer["Body"].read().splitlines()]
        for key, answer in bodies.items()
    }


def test_captured_records_lie_by_endpoint_variant_and_hour(bucket: Any) -> None:
    now = [0.0]
    capture = DataCapture(lambda: now[0], lambda _: boto3.Session(region_name="us-east-1"))
    request = ModelRequest(b"{}", "application/json")
    answer = ModelAnswer(200, b"{}", "application/json", 1.0)
    for variant in ("production", "canary", "canary"):
        capture.record(_invocation(variant), request, answer, None)
    capture.flush()
    assert _captured(bucket) == {}
    now[0] = FLUSH_SECONDS
    capture.flush()

    found = {key.split("/1970")[0]: len(lines) for key, lines in _captured(bucket).items()}
    assert found == {"here/e/production": 1, "here/e/canary": 2}
    assert all("/1970/01/01/00/" in key for key in _captured(bucket))


@pytest.mark.parametrize(
    ("settings", "least", "most"),
    [
        pytest.param({"InitialSamplingPercentage": 30}, 30, 90, id="a share"),
        pytest.param({"InitialSamplingPercentage": 0}, 0, 0, id="none of them"),
        pytest.param({"EnableCapture": False}, 0, 0, id="switched off"),
    ],
)
def test_only_a_sample_of_requests_is_captured(
    bucket: Any, settings: dict[str, Any], least: int, most: int
) -> None:
    now = [0.0]
    capture = DataCapture(lambda: now[0], lambda _: boto3.Session(region_name="us-east-1"))
    request = ModelRequest(b"{}", "application/json")
    answer = ModelAnswer(200, b"{}", "application/json", 1.0)
    for _ in range(200):
        capture.record(_invocation(**settings), request, answer, None)
    now[0] = FLUSH_SECONDS
    capture.flush()

    assert least <= sum(len(lines) for lines in _captured(bucket).values()) <= most


def test_captured_records_of_a_role_that_may_not_write_are_lost(
    bucket: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.delete_bucket(Bucket="captured")
    now = [0.0]
    capture = DataCapture(lambda: now[0], lambda _: boto3.Session(region_name="us-east-1"))
    answer = ModelAnswer(200, b"{}", "application/json", 1.0)
    capture.record(_invocation(), ModelRequest(b"{}", "application/json"), answer, None)
    now[0] = FLUSH_SECONDS
    capture.flush()

    assert "1 captured records are lost" in capsys.readouterr().out
