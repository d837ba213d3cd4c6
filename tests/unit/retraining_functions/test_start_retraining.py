"""What starts a run, and that each thing starts one."""

from __future__ import annotations

import json

import pytest

from kindred_aws.retraining_machine import RetrainingMachine
from retraining_functions import start_retraining

WEEKLY = {"scheduled_at": "2026-11-21T03:00:00Z"}
ALARM = "kindred-local-prediction-drift"


def alarm(value="ALARM", at="2026-11-21T08:05:01.123+0000"):
    """As EventBridge delivers it."""
    return {
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": "2026-11-21T08:05:01Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{ALARM}"],
        "detail": {
            "alarmName": ALARM,
            "state": {"value": value, "reason": "Threshold Crossed", "timestamp": at},
            "previousState": {"value": "OK", "timestamp": "2026-11-20T08:05:01.123+0000"},
            "configuration": {"metrics": []},
        },
    }


def names(platform):
    found = platform.machine.list_executions(stateMachineArn=platform.machine_arn)["executions"]
    return [execution["name"] for execution in found]


def end_all(platform):
    for execution in platform.machine.list_executions(stateMachineArn=platform.machine_arn)[
        "executions"
    ]:
        platform.machine.stop_execution(executionArn=execution["executionArn"])


def test_a_week_starts_one_run_however_often_it_is_due(platform):
    first = start_retraining.handler(WEEKLY, None)
    again = start_retraining.handler(WEEKLY, None)

    assert first == {"run_id": "weekly-2026-W47", "started": True, "reason": None}
    assert names(platform) == ["weekly-2026-W47"]
    assert again["run_id"] == "weekly-2026-W47"


def test_an_alarm_starts_one_run_and_not_for_ever(platform):
    first = start_retraining.handler(alarm(), None)
    end_all(platform)
    later = start_retraining.handler(alarm(at="2026-11-21T20:00:00.000+0000"), None)
    much_later = start_retraining.handler(alarm(at="2026-11-22T09:00:00.000+0000"), None)

    assert first["started"] is True
    assert (later["started"], later["reason"]) == (
        False,
        f"{ALARM} has started a run within 24 hours",
    )
    assert much_later["started"] is True
    assert sorted(names(platform)) == ["drift-20261121T080501Z", "drift-20261122T090000Z"]


def test_an_event_that_is_delivered_twice_starts_one_run(platform):
    start_retraining.handler(alarm(), None)
    end_all(platform)

    start_retraining.handler(alarm(), None)

    assert names(platform) == ["drift-20261121T080501Z"]


def test_a_start_that_failed_is_tried_again_with_its_episode(platform, monkeypatch):
    start = RetrainingMachine.start

    def fails_once(machine, run_id):
        monkeypatch.setattr(RetrainingMachine, "start", start)
        raise ConnectionError("the machine does not answer")

    monkeypatch.setattr(RetrainingMachine, "start", fails_once)
    with pytest.raises(ConnectionError):
        start_retraining.handler(alarm(), None)

    assert start_retraining.handler(alarm(), None)["started"] is True


@pytest.mark.parametrize("value", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_is_over_starts_nothing(platform, value):
    answer = start_retraining.handler(alarm(value), None)

    assert (answer["started"], answer["reason"]) == (False, f"{ALARM} is {value}")
    assert names(platform) == []


@pytest.mark.parametrize("event", [alarm(), WEEKLY, {"run_id": "by-hand-2"}])
def test_nothing_starts_while_another_run_goes_on(platform, event):
    start_retraining.handler({"run_id": "by-hand-1"}, None)

    answer = start_retraining.handler(event, None)

    assert (answer["started"], answer["reason"]) == (False, "by-hand-1 is running")
    assert names(platform) == ["by-hand-1"]


def test_an_alarm_that_met_a_run_may_start_one_afterwards(platform):
    start_retraining.handler({"run_id": "by-hand-1"}, None)
    start_retraining.handler(alarm(), None)
    end_all(platform)

    later = start_retraining.handler(alarm(at="2026-11-21T10:00:00.000+0000"), None)

    assert later["started"] is True


def test_a_run_that_only_waits_to_retire_the_old_model_is_in_nobodys_way(platform):
    start_retraining.handler({"run_id": "by-hand-1"}, None)
    platform.dynamodb.put_item(
        TableName="retraining",
        Item={"record_id": {"S": "run#by-hand-1"}, "outcome": {"S": "promoted"}},
    )

    assert start_retraining.handler(WEEKLY, None)["started"] is True


@pytest.mark.parametrize("event", [{}, {"scheduled_at": "soon"}, {"scheduled_at": "2026-11-21"}])
def test_an_event_without_a_time_is_refused(platform, event):
    with pytest.raises(ValueError, match="scheduled_at: given"):
        start_retraining.handler(event, None)


def test_what_was_started_is_counted(platform, capsys):
    start_retraining.handler(WEEKLY, None)

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [metric] = [line for line in said if "_aws" in line]
    assert metric["RetrainingsStarted"] == [1.0]
