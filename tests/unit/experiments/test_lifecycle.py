from dataclasses import replace
from itertools import product

import pytest

from kindred.experiments.definitions import (
    Experiment,
    ExperimentStatus,
    Metric,
    SamplePlan,
    Variation,
)
from kindred.experiments.lifecycle import (
    TRANSITIONS,
    InvalidTransition,
    UnsafeChange,
    after,
    allowed_actions,
    require_safe,
)

ACTIONS = ("schedule", "unschedule", "start", "pause", "resume", "complete", "archive")
# The whole life, once more and by hand: every other pair is refused.
ALLOWED = {
    ("draft", "schedule"): "scheduled",
    ("draft", "start"): "running",
    ("draft", "archive"): "archived",
    ("scheduled", "schedule"): "scheduled",
    ("scheduled", "unschedule"): "draft",
    ("scheduled", "start"): "running",
    ("scheduled", "archive"): "archived",
    ("running", "schedule"): "running",
    ("running", "pause"): "paused",
    ("running", "complete"): "completed",
    ("paused", "resume"): "running",
    ("paused", "complete"): "completed",
    ("completed", "archive"): "archived",
}


def an_experiment(**changes):
    return Experiment(
        **{
            "key": "checkout",
            "name": "Checkout",
            "variations": (
                Variation(key="a", name="A", weight=0.5, is_control=True),
                Variation(key="b", name="B", weight=0.5),
            ),
            "metrics": (Metric(key="bought", name="Bought"),),
            "plan": SamplePlan(baseline=0.1, effect=0.1),
            **changes,
        }
    )


@pytest.mark.parametrize(("status", "action"), [*product(ExperimentStatus, ACTIONS)])
def test_an_action_leads_where_the_table_says_or_is_refused(status, action):
    expected = ALLOWED.get((status, action))
    if expected is None:
        with pytest.raises(InvalidTransition, match=f"{action}: the experiment is {status}"):
            after(status, action)
    else:
        assert after(status, action) == expected


def test_every_status_has_its_row():
    assert set(TRANSITIONS) == set(ExperimentStatus)


def test_a_refusal_names_what_is_allowed():
    with pytest.raises(InvalidTransition, match="allowed from there: resume, complete"):
        after(ExperimentStatus.PAUSED, "start")
    with pytest.raises(InvalidTransition, match="allowed from there: none, only to clone it"):
        after(ExperimentStatus.ARCHIVED, "start")
    assert allowed_actions(ExperimentStatus.PAUSED) == ("resume", "complete")


@pytest.mark.parametrize("status", ["draft", "scheduled"])
def test_before_the_start_everything_may_change(status):
    before = an_experiment(status=ExperimentStatus(status))

    require_safe(before, replace(before, seed="other", coverage=0.1, metrics=()))


@pytest.mark.parametrize(
    ("status", "changes", "allowed"),
    [
        pytest.param("running", {"name": "other", "hypothesis": "other"}, True, id="words"),
        pytest.param("running", {"seed": "other"}, False, id="the seed moves every unit"),
        pytest.param("running", {"variations": ()}, False, id="the weights move units"),
        pytest.param("running", {"metrics": ()}, False, id="metrics were counted"),
        pytest.param("paused", {"condition": {"a": 1}}, False, id="targeting"),
        pytest.param("paused", {"coverage": 0.6}, True, id="coverage grows"),
        pytest.param("running", {"coverage": 0.4}, False, id="coverage never shrinks"),
        pytest.param("completed", {"released": "b"}, True, id="another release"),
        pytest.param("running", {"released": "b"}, False, id="a release needs an end"),
        pytest.param("archived", {"name": "other"}, False, id="an archive stays"),
    ],
)
def test_once_units_are_assigned_only_what_is_safe_may_change(status, changes, allowed):
    before = an_experiment(status=ExperimentStatus(status), coverage=0.5)
    if allowed:
        require_safe(before, replace(before, **changes))
    else:
        with pytest.raises(UnsafeChange, match="allowed"):
            require_safe(before, replace(before, **changes))
