"""Rules of EventBridge on the emulator: alarms' events, and targets that let the rule in or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local.emulator_alone import EmulatorAlone, attribute, role
from tests.local.local_platform import wait_until

pytestmark = pytest.mark.slow

ALARMS = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}
EVENTS = "events.amazonaws.com"


def _rule(pattern: dict[str, Any], target: Any, **more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": pattern,
            "Targets": [{"Id": "t", "Arn": target, **more}],
        },
    }


def _letting(action: str, resource: Any, source: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnEquals": {"aws:SourceArn": attribute(source, "Arn")}},
    }


def _policy(kind: str, holder: str, statement: dict[str, Any]) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    names = {"Queue": "Queues", "Topic": "Topics"}[kind]
    return {
        "Type": f"AWS::{'SQS' if kind == 'Queue' else 'SNS'}::{kind}Policy",
        "Properties": {names: [{"Ref": holder}], "PolicyDocument": document},
    }


def _machine() -> dict[str, Any]:
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": attribute("MachineRole", "Arn"),
            "DefinitionString": json.dumps(definition),
        },
    }


MINE = {"source": ["kindred.test"], "detail-type": ["Mine"]}
RESOURCES = {
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "drift",
            "Namespace": "Kindred",
            "MetricName": "Drift",
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 0.2,
            "ComparisonOperator": "GreaterThanThreshold",
        },
    },
    "Heard": {"Type": "AWS::SQS::Queue"},
    "MayBeHeard": _policy(
        "Queue", "Heard", _letting("sqs:SendMessage", attribute("Heard", "Arn"), "AlarmRule")
    ),
    "AlarmRule": _rule(ALARMS, attribute("Heard", "Arn")),
    # The queue lets in another rule than this.
    "StrangeRule": _rule(MINE, attribute("Heard", "Arn")),
    "Lost": {"Type": "AWS::SQS::Queue"},
    "MayBeLost": _policy(
        "Queue", "Lost", _letting("sqs:SendMessage", attribute("Lost", "Arn"), "PoorRule")
    ),
    "Machine": _machine(),
    "MachineRole": role("states.amazonaws.com"),
    "Starter": role(EVENTS, ("states:StartExecution", {"Ref": "Machine"})),
    "Poor": role(EVENTS),
    "StartRule": _rule(
        MINE, {"Ref": "Machine"}, RoleArn=attribute("Starter", "Arn"), InputPath="$.detail"
    ),
    "PoorRule": _rule(
        MINE,
        {"Ref": "Machine"},
        RoleArn=attribute("Poor", "Arn"),
        DeadLetterConfig={"Arn": attribute("Lost", "Arn")},
    ),
}


class Rules:
    """The stack, and what reached its queues."""

    def __init__(self, emulator: EmulatorAlone) -> None:
        self.aws = emulator.aws
        names = ("Heard", "Lost", "Machine")
        self.outputs = emulator.deploy("rules", RESOURCES, {name: {"Ref": name} for name in names})

    def put(self, detail: dict[str, Any]) -> None:
        entry = {"Source": "kindred.test", "DetailType": "Mine", "Detail": json.dumps(detail)}
        assert self.aws("events").put_events(Entries=[entry])["FailedEntryCount"] == 0

    def received(self, queue: str) -> list[dict[str, Any]]:
        answer = self.aws("sqs").receive_message(
            QueueUrl=self.outputs[queue], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rules]:
    emulator = EmulatorAlone(tmp_path_factory.mktemp("emulator") / "state")
    try:
        yield Rules(emulator)
    finally:
        emulator.close()


def test_an_alarm_that_sounds_is_an_event(rules: Rules) -> None:
    rules.aws("cloudwatch").set_alarm_state(
        AlarmName="drift", StateValue="ALARM", StateReason="drifted"
    )

    wait_until(lambda: bool(rules.received("Heard")))
    event = rules.received("Heard")[0]
    assert event["source"] == "aws.cloudwatch"
    assert event["detail"]["alarmName"] == "drift"
    assert event["detail"]["state"]["value"] == "ALARM"
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"


def test_a_machine_is_started_as_the_targets_role_or_not_at_all(rules: Rules) -> None:
    rules.put({"run": "r1"})

    wait_until(lambda: bool(rules.received("Lost")))
    assert [event["detail"] for event in rules.received("Lost")] == [{"run": "r1"}]
    states = rules.aws("stepfunctions")
    executions = states.list_executions(stateMachineArn=rules.outputs["Machine"])["executions"]
    inputs = [
        json.loads(states.describe_execution(executionArn=held["executionArn"])["input"])
        for held in executions
    ]
    assert inputs == [{"run": "r1"}]
    assert not [event for event in rules.received("Heard") if event["source"] == "kindred.test"]
