"""What AWS answers, in the words of a rollout."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from kindred.rollout.baking import Period
from kindred.rollout.window import Latency
from kindred_aws.aws_refusals import Refused, Unavailable, told_apart
from kindred_aws.dynamodb_document import from_item, to_item
from kindred_aws.rollout_events import EventNotTaken, RolloutEvents
from kindred_aws.variant_metrics import VariantMetrics

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
PERIOD = Period(start=START, end=START + timedelta(minutes=2), minute=timedelta(minutes=1))


@pytest.fixture
def stubbed():
    def made(service):
        client = boto3.client(
            service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        return client, Stubber(client)

    return made


def series(name, *values):
    return {
        "Id": name,
        "Timestamps": [START + n * PERIOD.minute for n in range(len(values))],
        "Values": list(values),
    }


def test_minutes_are_read_in_one_call_with_its_pages_in_milliseconds(stubbed):
    client, stub = stubbed("cloudwatch")
    asked = {"MetricDataQueries": ANY, "StartTime": START, "EndTime": ANY, "ScanBy": ANY}
    first = [
        series("v0_invocations_sum", 120.0, 80.0),
        series("v0_invocation5xxerrors_sum", 3.0),
        *(series(f"v0_inferencelatency_{p}", ms) for p, ms in PERCENTILES.items()),
        *(series(f"v0_modellatency_{p}", 9.0, ms * 1_000) for p, ms in PERCENTILES.items()),
    ]
    stub.add_response("get_metric_data", {"MetricDataResults": first, "NextToken": "2"}, asked)
    rest = [series("v1_invocations_sum", 7.0), series("v1_modellatency_p50", 8_000.0)]
    stub.add_response("get_metric_data", {"MetricDataResults": rest}, {**asked, "NextToken": "2"})

    with stub:
        windows = VariantMetrics(client, namespace="Kindred").windows(
            "kindred-test-embeddings", ["production", "canary"], PERIOD
        )

    one, two = windows["production"]
    assert (one.invocations, one.server_errors, one.client_errors) == (120, 3, 0)
    assert one.latency == two.latency == Latency(p50_ms=8.0, p90_ms=15.0, p99_ms=30.0)
    assert (two.started_at, two.invocations) == (START + PERIOD.minute, 80)
    canary, silent = windows["canary"]
    assert (canary.invocations, canary.latency) == (7, None)
    assert (silent.invocations, silent.latency) == (0, None)
    stub.assert_no_pending_responses()


PERCENTILES = {"p50": 8.0, "p90": 15.0, "p99": 30.0}


def test_requests_that_nobody_waited_for_count_as_slow(stubbed):
    """`/inference` gives up after five seconds, and knows no variant to hold that against."""
    client, stub = stubbed("cloudwatch")
    found = [
        series("v0_invocations_sum", 400.0),
        *(series(f"v0_inferencelatency_{p}", ms) for p, ms in PERCENTILES.items()),
        series("v0_modellatency_p50", 7_000.0),
        series("v0_modellatency_p90", 14_000.0),
        series("v0_modellatency_p99", 20_000_000.0),
    ]
    stub.add_response("get_metric_data", {"MetricDataResults": found})

    with stub:
        windows = VariantMetrics(client, namespace="Kindred").windows("x", ["canary"], PERIOD)

    assert windows["canary"][0].latency == Latency(p50_ms=8.0, p90_ms=15.0, p99_ms=20_000.0)


def test_only_alarms_that_were_named_are_asked_for(stubbed):
    client, stub = stubbed("cloudwatch")
    asked = {"AlarmNames": ["errors"], "StateValue": "ALARM", "AlarmTypes": ANY}
    stub.add_response("describe_alarms", {"MetricAlarms": [{"AlarmName": "errors"}]}, asked)

    with stub:
        metrics = VariantMetrics(client, namespace="Kindred")
        assert metrics.in_alarm([]) == ()
        assert metrics.in_alarm(["errors"]) == ("errors",)


def error(code, status=400):
    answer = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "UpdateEndpoint")


def cancelled(*reasons):
    """As DynamoDB gives a transaction up: one code for everything, and a reason for each item."""
    answer = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": code} for code in reasons],
    }
    return ClientError(answer, "TransactWriteItems")


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (cancelled("None", "ThrottlingError"), Unavailable),
        (cancelled("ProvisionedThroughputExceeded", "None"), Unavailable),
        (cancelled("ValidationError"), Refused),
        (error("ThrottlingException"), Unavailable),
        (error("InternalFailure", 500), Unavailable),
        (error("Whatever", 503), Unavailable),
        (ReadTimeoutError(endpoint_url="https://sagemaker"), Unavailable),
        (error("ValidationException"), Refused),
        (error("ResourceLimitExceeded"), Refused),
        (error("AccessDeniedException"), Refused),
        (ParamValidationError(report="no"), Refused),
    ],
)
def test_what_passes_by_itself_is_told_from_an_answer(raised, told):
    with pytest.raises(told), told_apart():
        raise raised


def test_numbers_are_kept_to_the_last_digit():
    document = {"a": 0.1 + 0.2, "b": 1, "c": [1e-200, 2.5], "d": {"e": None, "f": True}, "g": 1e20}

    kept = from_item(to_item(document))

    assert kept == {**document, "c": [0, 2.5]}
    assert type(kept["b"]) is int


def test_an_event_that_is_not_taken_is_not_announced(stubbed, world):
    client, stub = stubbed("events")
    refused = {"ErrorCode": "InternalFailure", "ErrorMessage": "no"}
    stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": [refused]})
    deployment_id = world.deploy()
    moved = world.table.load(deployment_id).moved("FAILED", at=START, reason="because")

    with stub, pytest.raises(EventNotTaken, match="InternalFailure: no"):
        RolloutEvents(client, bus_name="rollouts").announce(moved)


def test_a_reason_is_announced_without_what_would_end_a_templates_quotes(stubbed, world):
    client, stub = stubbed("events")
    took = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
    told = []
    client.meta.events.register(
        "provide-client-params.events.PutEvents", lambda params, **_: told.extend(params["Entries"])
    )
    reason = 'ops: "worse" since C:\\new\nand late'
    deployment_id = world.deploy()
    moved = world.table.load(deployment_id).moved("FAILED", at=START, reason=reason)
    stub.add_response("put_events", took, {"Entries": ANY})

    with stub:
        RolloutEvents(client, bus_name="rollouts").announce(moved)

    announced = json.loads(told[-1]["Detail"])["reason"]
    assert announced == "ops: 'worse' since C:/new and late"
    assert json.loads(f'"{announced}"') == announced
    assert moved.transitions[-1].reason == reason
