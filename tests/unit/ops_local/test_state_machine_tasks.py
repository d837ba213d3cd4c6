"""What a Task state asks of AWS, and how its errors are named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from ops.local.emulator.kindred_emulator.service_trust import trusts
from ops.local.emulator.kindred_emulator.task_calls import (
    JOBS,
    OPTIMIZED,
    SDK,
    UnknownIntegration,
    error_name,
    read_resource,
)
from ops.local.emulator.kindred_emulator.task_shapes import from_answer, to_parameters


def _shapes(service: str, operation: str) -> tuple[Any, Any]:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    found = model.operation_model(operation)
    return found.input_shape, found.output_shape


@pytest.mark.parametrize(
    ("resource", "client", "operation"),
    [
        pytest.param("lambda:invoke", "lambda", "Invoke", id="a function"),
        pytest.param("sns:publish", "sns", "Publish", id="a topic"),
        pytest.param(
            "aws-sdk:sagemaker:describeEndpoint", "sagemaker", "DescribeEndpoint", id="any call"
        ),
        pytest.param("aws-sdk:eventbridge:putEvents", "events", "PutEvents", id="another name"),
        pytest.param(
            "sagemaker:createTrainingJob.sync", "sagemaker", "CreateTrainingJob", id="a job"
        ),
    ],
)
def test_a_resource_names_a_call(resource: str, client: str, operation: str) -> None:
    task = read_resource(f"arn:aws:states:::{resource}")

    assert (task.service.client, task.operation) == (client, operation)
    assert (task.job is not None) == resource.endswith(".sync")


def test_a_function_that_is_the_resource_is_invoked() -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"

    assert read_resource(arn).function == arn


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "arn:aws:states:::glue:startJobRun.sync",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:::aws-sdk:nosuchservice:call",
        "arn:aws:states:us-east-1:000000000000:activity:a",
    ],
)
def test_an_integration_that_is_not_carried_is_refused_and_never_passed_over(resource: str) -> None:
    with pytest.raises(UnknownIntegration, match="not carried"):
        read_resource(resource)


@pytest.mark.parametrize(
    ("service", "code", "modelled", "name"),
    [
        pytest.param(
            OPTIMIZED["lambda"],
            "TooManyRequestsException",
            True,
            "Lambda.TooManyRequestsException",
            id="as it is",
        ),
        pytest.param(
            OPTIMIZED["sagemaker"],
            "ValidationException",
            False,
            "SageMaker.AmazonSageMakerException",
            id="without a name of its own",
        ),
        pytest.param(
            SDK["sagemaker"],
            "ResourceInUse",
            True,
            "SageMaker.ResourceInUseException",
            id="as Java's SDK calls it",
        ),
        pytest.param(
            OPTIMIZED["dynamodb"],
            "com.amazonaws#ConditionalCheckFailedException",
            True,
            "DynamoDB.ConditionalCheckFailedException",
            id="without its namespace",
        ),
    ],
)
def test_errors_have_the_names_that_catchers_wait_for(
    service: Any, code: str, modelled: bool, name: str
) -> None:
    assert error_name(service, code, modelled=modelled) == name


@pytest.mark.parametrize(
    ("state", "outcome"), [("InProgress", None), ("Completed", True), ("Stopped", False)]
)
def test_a_job_has_succeeded_failed_or_goes_on(state: str, outcome: bool | None) -> None:
    job = JOBS["sagemaker", "CreateTrainingJob"]

    assert job.outcome({"TrainingJobStatus": state}) is outcome


def test_objects_become_text_where_the_integration_does_it() -> None:
    shape, _ = _shapes("sns", "Publish")
    given = {"TopicArn": "arn", "Message": {"seen": 3}}

    assert to_parameters(shape, given, optimized=True)["Message"] == '{"seen": 3}'
    assert to_parameters(shape, given, optimized=False)["Message"] == {"seen": 3}


def test_members_are_spelled_as_the_service_spells_them() -> None:
    shape, answer = _shapes("stepfunctions", "StartExecution")

    assert to_parameters(shape, {"StateMachineArn": "arn"}, optimized=False) == {
        "stateMachineArn": "arn"
    }
    found = from_answer(answer, {"startDate": datetime(2026, 1, 2, tzinfo=UTC), "extra": 1})
    assert found == {"StartDate": "2026-01-02T00:00:00.000Z"}


def test_keys_of_maps_are_left_alone() -> None:
    shape, answer = _shapes("dynamodb", "GetItem")
    item = {"runId": {"S": "r1"}}

    assert to_parameters(shape, {"Key": item}, optimized=True) == {"Key": item}
    assert from_answer(answer, {"Item": item}) == {"Item": item}


def _trust(effect: str, service: str | list[str]) -> dict[str, Any]:
    return {"Effect": effect, "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("statements", "trusted"),
    [
        pytest.param([_trust("Allow", "states.amazonaws.com")], True, id="named"),
        pytest.param([_trust("Allow", ["a", "states.amazonaws.com"])], True, id="among others"),
        pytest.param([_trust("Allow", "lambda.amazonaws.com")], False, id="another service"),
        pytest.param(
            [_trust("Allow", "states.amazonaws.com"), _trust("Deny", "states.amazonaws.com")],
            False,
            id="denied",
        ),
        pytest.param([], False, id="nobody"),
    ],
)
def test_a_role_trusts_whom_its_policy_names(statements: list[Any], trusted: bool) -> None:
    assert trusts({"Statement": statements}, "states.amazonaws.com") is trusted
