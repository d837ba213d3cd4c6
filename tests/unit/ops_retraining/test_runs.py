import io
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from ops.retraining import runs
from ops.retraining.runs import NoSuchRun, start_run, watch_run

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:Retraining"
AT = datetime(2026, 11, 21, 9, 30, 5, tzinfo=UTC)


def left(state, **answers):
    details = {"name": state, "output": json.dumps(answers)}
    return {"timestamp": AT, "stateExitedEventDetails": details}


def entered(state):
    return {"timestamp": AT, "stateEnteredEventDetails": {"name": state}}


class MachineFake:
    """One execution whose history grows by one event at each look."""

    def __init__(self, events, status="SUCCEEDED", **end):
        self._events, self._status, self._end, self._looks = events, status, end, 0

    def get_paginator(self, operation):
        page = {
            "list_executions": lambda: {
                "executions": [{"name": "newest", "executionArn": "arn:1"}] if self._events else []
            },
            "get_execution_history": lambda: {"events": self._events[: self._looks]},
        }[operation]
        return SimpleNamespace(paginate=lambda **_: [page()])

    def describe_execution(self, executionArn):
        self._looks += 1
        over = self._looks >= len(self._events)
        return {"name": "newest", "status": self._status if over else "RUNNING", **self._end}


class FunctionFake:
    def __init__(self, answer, **more):
        self._answer, self._more, self.asked = answer, more, None

    def invoke(self, *, FunctionName, Payload):
        self.asked = json.loads(Payload)
        return {"Payload": io.BytesIO(json.dumps(self._answer).encode()), **self._more}


@pytest.fixture
def platform():
    return SimpleNamespace(output=lambda _: MACHINE)


@pytest.fixture
def serve(monkeypatch):
    return lambda client: monkeypatch.setattr(runs.boto3, "client", lambda _: client)


def watch(platform, name=None, until=None):
    lines = []
    ended = watch_run(platform, name, until=until, say=lines.append, sleep=lambda _: None)
    return ended, lines


def test_each_state_is_said_once_with_the_newest_reason(platform, serve):
    plan = {"plan": {"notice": {"subject": "31 days of events"}}}
    serve(
        MachineFake(
            [
                entered("PlanTrainingData"),
                left("PlanTrainingData", **plan),
                left("EvaluateModel", **plan, evaluation={"reason": "recall@10 grew by 9 %"}),
                left("Begin"),
            ]
        )
    )

    ended, lines = watch(platform)

    assert ended.status == "SUCCEEDED"
    assert lines == [
        "09:30:05  PlanTrainingData: 31 days of events",
        "09:30:05  EvaluateModel: recall@10 grew by 9 %",
        "09:30:05  Begin",
    ]


def test_watching_can_end_where_waiting_begins(platform, serve):
    serve(MachineFake([left("A"), entered("WaitForTraffic"), left("B"), left("C")]))

    ended, lines = watch(platform, until="WaitForTraffic")

    assert ended.status == "entered WaitForTraffic"
    assert lines == ["09:30:05  A"]


def test_a_failed_run_says_its_error(platform, serve):
    serve(MachineFake([left("A")], status="FAILED", error="TrainingFailed", cause="no rows"))

    ended, _ = watch(platform)

    assert ended.failure == "FAILED: TrainingFailed no rows"


@pytest.mark.parametrize("events", [[], [left("A")]], ids=["no run", "no such run"])
def test_a_run_that_is_not_there_is_said(platform, serve, events):
    serve(MachineFake(events))

    with pytest.raises(NoSuchRun, match="there is not a run older"):
        watch(platform, name="older")


def test_a_run_by_hand_has_a_name_of_its_own(platform, serve):
    function = FunctionFake({"started": True})
    serve(function)

    name = start_run(platform)

    assert name.startswith("by-hand-")
    assert function.asked == {"run_id": name}


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        ({"started": False, "reason": "weekly-2026-W47 is running"}, {}),
        ({"errorMessage": "weekly-2026-W47 is running"}, {"FunctionError": "Unhandled"}),
    ],
)
def test_a_run_that_was_not_started_says_why(platform, serve, answer, more):
    serve(FunctionFake(answer, **more))

    with pytest.raises(NoSuchRun, match="weekly-2026-W47 is running"):
        start_run(platform)
