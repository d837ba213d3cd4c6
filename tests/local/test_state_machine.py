"""State machines on the emulator: as their roles, with retries, choices, waits and jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.emulator_alone import EmulatorAlone, attribute, function, role
from tests.local.local_platform import wait_until

pytestmark = pytest.mark.slow

COUNTING = """
def handler(event, context):
    print(event)
    if event.get("fail"):
        raise KeyError("no such thing")
    return {"seen": event.get("seen", 0) + 1, "wait_seconds": 0.1}
"""
LAMBDA_RETRY = {
    "ErrorEquals": ["Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException"],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2,
}


def _machine(definition: dict[str, Any], role_id: str = "MachineRole") -> dict[str, Any]:
    """As CDK writes it: the definition as text, with the resources' ARNs joined into it."""
    text = json.dumps(definition)
    substitutions = {
        "Count": attribute("Count", "Arn"),
        "Topic": {"Ref": "Topic"},
        "Table": {"Ref": "Table"},
        "Results": {"Ref": "Results"},
    }
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": attribute(role_id, "Arn"),
            "DefinitionString": {"Fn::Sub": [text, substitutions]},
        },
    }


def _invoke(**changes: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${Count}", "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "Retry": [LAMBDA_RETRY],
        **changes,
    }


def _task(resource: str, parameters: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
        "End": True,
        **changes,
    }


def _one(state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "Only", "States": {"Only": state}}


LOOP = {
    "StartAt": "Count",
    "States": {
        "Count": _invoke(Next="Enough"),
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.seen", "NumericGreaterThanEquals": 3, "Next": "Tell"}],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "SecondsPath": "$.wait_seconds", "Next": "Count"},
        "Tell": _task(
            "sns:publish",
            {"TopicArn": "${Topic}", "Message": {"seen.$": "$.seen"}},
            ResultPath=None,
            Next="Keep",
            End=False,
        ),
        "Keep": _task(
            "dynamodb:putItem",
            {
                "TableName": "${Table}",
                "Item": {
                    "id": {"S.$": "$$.Execution.Name"},
                    "seen": {"N.$": "States.Format('{}', $.seen)"},
                },
            },
            ResultPath=None,
        ),
    },
}
CAUGHT = {
    "StartAt": "Fail",
    "States": {
        "Fail": _invoke(
            Next="Never",
            Retry=[{"ErrorEquals": ["KeyError"], "IntervalSeconds": 0, "MaxAttempts": 2}],
            Catch=[{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "After"}],
        ),
        "Never": {"Type": "Fail"},
        "After": {"Type": "Pass", "End": True},
    },
}
QUERY = _one(
    _task(
        "athena:startQueryExecution.sync",
        {
            "QueryString.$": "$.query",
            "ResultConfiguration": {"OutputLocation": "s3://${Results}/results/"},
        },
    )
)
EVENT = _one(
    _task(
        "events:putEvents",
        {"Entries": [{"Source": "kindred.test", "DetailType": "Test", "Detail": {"a.$": "$.a"}}]},
    )
)
ALLOWED: list[tuple[str | list[str], Any]] = [
    ("lambda:InvokeFunction", attribute("Count", "Arn")),
    ("sns:Publish", {"Ref": "Topic"}),
    ("dynamodb:PutItem", attribute("Table", "Arn")),
    (["athena:StartQueryExecution", "athena:GetQueryExecution"], "*"),
    (
        ["s3:GetBucketLocation", "s3:PutObject"],
        [attribute("Results", "Arn"), {"Fn::Sub": "${Results.Arn}/*"}],
    ),
    ("events:PutEvents", "*"),
]
RESOURCES = {
    "FunctionRole": role("lambda.amazonaws.com"),
    "Count": function("FunctionRole", COUNTING),
    "Topic": {"Type": "AWS::SNS::Topic"},
    "Results": {"Type": "AWS::S3::Bucket"},
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        },
    },
    "MachineRole": role("states.amazonaws.com", *ALLOWED),
    "PoorRole": role("states.amazonaws.com"),
    "WrongRole": role("lambda.amazonaws.com", *ALLOWED),
    "Loop": _machine(LOOP),
    "Caught": _machine(CAUGHT),
    "Query": _machine(QUERY),
    "Event": _machine(EVENT),
    "Poor": _machine(_one(_invoke(End=True)), "PoorRole"),
    "Wrong": _machine(_one(_invoke(End=True)), "WrongRole"),
    "Unknown": _machine(_one(_task("glue:startJobRun.sync", {}))),
}
MACHINES = ("Loop", "Caught", "Query", "Event", "Poor", "Wrong", "Unknown")


class Machines:
    """Executions by the machine's name in the template."""

    def __init__(self, emulator: EmulatorAlone, outputs: dict[str, str]) -> None:
        self.outputs = outputs
        self.emulator = emulator
        self._states = emulator.aws("stepfunctions")

    def run(self, machine: str, given: dict[str, Any]) -> dict[str, Any]:
        """What became of it."""
        arn = self._states.start_execution(
            stateMachineArn=self.outputs[machine], input=json.dumps(given)
        )["executionArn"]

        def ended() -> bool:
            status: str = self._states.describe_execution(executionArn=arn)["status"]
            return status != "RUNNING"

        wait_until(ended)
        found: dict[str, Any] = self._states.describe_execution(executionArn=arn)
        return found


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    emulator = EmulatorAlone(Path(tmp_path_factory.mktemp("emulator")) / "state")
    try:
        wanted = {name: {"Ref": name} for name in (*MACHINES, "Table", "Results")}
        yield Machines(emulator, emulator.deploy("machines", RESOURCES, wanted))
    finally:
        emulator.close()


def test_a_loop_of_functions_waits_and_ends_with_what_it_kept(machines: Machines) -> None:
    ended = machines.run("Loop", {"seen": 0})

    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["seen"] == 3
    items = machines.emulator.aws("dynamodb").scan(TableName=machines.outputs["Table"])["Items"]
    assert items == [{"id": {"S": ended["name"]}, "seen": {"N": "3"}}]


def test_an_error_of_a_function_is_tried_again_and_then_caught_by_its_name(
    machines: Machines,
) -> None:
    ended = machines.run("Caught", {"fail": True})

    error = json.loads(ended["output"])["error"]
    assert error["Error"] == "KeyError"
    assert json.loads(error["Cause"])["errorMessage"] == "'no such thing'"


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        pytest.param("Poor", "is not authorized to perform: lambda:InvokeFunction", id="no right"),
        pytest.param("Wrong", "does not trust states.amazonaws.com", id="another service's role"),
        pytest.param("Unknown", "is not carried on the laptop", id="an unknown integration"),
    ],
)
def test_a_machine_fails_that_may_not_or_cannot(
    machines: Machines, machine: str, words: str
) -> None:
    ended = machines.run(machine, {})

    assert ended["status"] == "FAILED"
    assert words in ended["cause"]


def test_a_query_is_waited_for_and_its_description_is_the_result(machines: Machines) -> None:
    ended = machines.run("Query", {"query": "SELECT cardinality(ARRAY[1, 2]) AS two"})

    assert ended["status"] == "SUCCEEDED", ended
    query = json.loads(ended["output"])["QueryExecution"]
    assert query["Status"]["State"] == "SUCCEEDED"
    bucket, _, key = query["ResultConfiguration"]["OutputLocation"][5:].partition("/")
    held = machines.emulator.aws("s3").get_object(Bucket=bucket, Key=key)
    assert held["Body"].read().decode().split() == ['"two"', '"2"']


def test_a_query_that_fails_fails_its_state_with_the_description_as_the_cause(
    machines: Machines,
) -> None:
    ended = machines.run("Query", {"query": "SELECT nothing FROM nowhere"})

    assert ended["error"] == "States.TaskFailed"
    assert json.loads(ended["cause"])["QueryExecution"]["Status"]["State"] == "FAILED"


def test_events_are_put_as_the_role(machines: Machines) -> None:
    ended = machines.run("Event", {"a": 1})

    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["FailedEntryCount"] == 0
