import io
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from ops.retraining import runs
from ops.retraining.runs import NoSuchRun, start_run, watch_run

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:Retraining"
AT = datetime(2026, 11, 21, 9, 30, 5, tzinfo=UTC)


def left(state, kind="Task", **answers):
    details = {"name": state, "output": json.dumps({"run_id": "by-hand-1", **answers})}
    return {"timestamp": AT, "type": f"{kind}StateExited", "stateExitedEventDetails": details}


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


def test_each_task_is_said_with_what_it_found_and_again_when_it_finds_more(platform, serve):
    plan = {"plan": {"notice": {"subject": "Kindred: retraining by-hand-1: training v3"}}}
    tenth, half = ({"experiment": {"reason": f"v3 gets {share} %"}} for share in (10, 50))
    serve(
        MachineFake(
            [
                left("Begin", kind="Pass"),
                entered("PlanTrainingData"),
                left("PlanTrainingData", **plan),
                left("QueryTrainingData", **plan),
                left("FollowExperiment", **plan, **tenth),
                left("IsDecided", kind="Choice", **plan, **tenth),
                left("FollowExperiment", **plan, **tenth),
                left("FollowExperiment", **plan, **half),
            ]
        )
    )

    ended, lines = watch(platform)

    assert ended.status == "SUCCEEDED"
    assert lines == [
        "09:30:05  PlanTrainingData: training v3",
        "09:30:05  QueryTrainingData",
        "09:30:05  FollowExperiment: v3 gets 10 %",
        "09:30:05  FollowExperiment: v3 gets 50 %",
    ]


def test_both_models_figures_are_said_with_the_evaluation(platform, serve):
    names = ("recall_at_10", "precision_at_10", "map")
    metrics = dict.fromkeys(names, 0.25) | {f"baseline_{name}": 0.125 for name in names}
    serve(
        MachineFake(
            [
                left(
                    "EvaluateModel",
                    plan={"candidate_version": "v3", "baseline_version": "v2"},
                    evaluation={"reason": "better", "metrics": metrics},
                )
            ]
        )
    )

    _, lines = watch(platform)

    assert [line.split() for line in lines] == [
        ["09:30:05", "EvaluateModel:", "better"],
        *([name, "v3", "0.2500", "v2", "0.1250"] for name in ("recall@10", "precision@10", "MAP")),
    ]


def test_a_task_that_failed_says_with_what(platform, serve):
    plan = {"plan": {"reason": "training v3"}}
    caught = {"error": {"Error": "SageMaker.ResourceLimitExceeded", "Cause": "no instance"}}
    serve(
        MachineFake([left("TrainModel", **plan, **caught), left("TellFailure", **plan, **caught)])
    )

    _, lines = watch(platform)

    assert lines[0] == "09:30:05  TrainModel: SageMaker.ResourceLimitExceeded: no instance"


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
