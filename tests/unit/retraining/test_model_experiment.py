"""What is trained next, and what becomes of an experiment, as its record stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kindred.retraining.following import follow
from kindred.retraining.generations import Generation, NoGeneration, next_generation
from kindred.retraining.model_experiment import ModelExperiment
from kindred.retraining.run_names import InvalidRunId, checked_run_id, drift_run_id, weekly_run_id

RUN = "weekly-2026-W48"


def experiment(control="v2", treatment="v3", status="active", **changes):
    values = {"experiment_id": "e", "control_weight": 0.9, "run_id": RUN, **changes}
    return ModelExperiment(control=control, treatment=treatment, status=status, **values)


@pytest.mark.parametrize(
    "current",
    [
        pytest.param(None, id="nothing was ever compared"),
        pytest.param(experiment("v1", "v2"), id="the first two models are compared"),
        pytest.param(experiment("v1", "v2", "completed", winner="v2"), id="v2 has won"),
        pytest.param(experiment("v1", "v2", "completed", winner="v1"), id="v2 has lost"),
        pytest.param(experiment("v1", "v2", "stopped"), id="the first experiment was stopped"),
    ],
)
def test_v3_is_trained_on_v2(current):
    assert next_generation(current) == Generation(baseline="v2", candidate="v3")


def test_a_candidate_that_people_are_given_is_not_replaced_unseen():
    with pytest.raises(NoGeneration, match="v2 against v3 has not ended"):
        next_generation(experiment())


@pytest.mark.parametrize(
    ("current", "baseline", "candidate"),
    [
        pytest.param(experiment(status="completed", winner="v3"), "v3", "v4", id="v3 serves"),
        pytest.param(
            experiment("v3", "v4", "completed", winner="v3"), "v3", "v5", id="a v4 has lost"
        ),
        pytest.param(
            experiment("v2", "v3", "completed", winner="v2"), "v2", "v4", id="a v3 has lost"
        ),
        pytest.param(experiment("v3", "v4", "stopped"), "v3", "v5", id="v4 was stopped"),
        pytest.param(
            experiment("v9", "v10", "completed", winner="v10"), "v10", "v11", id="tenth of many"
        ),
    ],
)
def test_a_later_model_is_to_be_better_than_the_one_that_serves(current, baseline, candidate):
    assert next_generation(current) == Generation(baseline=baseline, candidate=candidate)


def test_after_the_last_name_nothing_is_trained():
    with pytest.raises(NoGeneration, match=r"later model than v999 .* allowed v1, v2, \.\.\. v999"):
        next_generation(experiment("v998", "v999", "completed", winner="v999"))


@pytest.mark.parametrize(
    ("record", "outcome", "end_with"),
    [
        pytest.param(experiment(), "following", None, id="nothing is decided yet"),
        pytest.param(experiment(shift_stage="keep_running"), "following", None, id="no winner yet"),
        pytest.param(
            experiment(shift_stage="watching", shift_winner="v3", control_weight=0.5),
            "following",
            None,
            id="half and half",
        ),
        pytest.param(experiment(status="completed", winner="v3"), "promoted", None, id="won"),
        pytest.param(experiment(status="completed", winner="v2"), "rolled_back", None, id="lost"),
        pytest.param(experiment(status="stopped"), "rolled_back", None, id="stopped by somebody"),
        pytest.param(experiment(shift_stage="rolled_back"), "rolled_back", "v2", id="regressed"),
        pytest.param(experiment(shift_stage="no_winner"), "rolled_back", "v2", id="no winner"),
        pytest.param(experiment(shift_stage="blocked"), "rolled_back", "v2", id="blocked"),
        pytest.param(
            experiment(shift_stage="watching", shift_winner="v2"), "rolled_back", "v2", id="beaten"
        ),
        pytest.param(experiment(run_id="other"), "rolled_back", None, id="another's experiment"),
        pytest.param(None, "rolled_back", None, id="no record"),
    ],
)
def test_an_experiment_is_followed_to_its_end(record, outcome, end_with):
    step = follow(record, run_id=RUN, candidate="v3")

    assert (step.outcome, step.end_with) == (outcome, end_with)
    assert step.reason


def test_a_step_says_how_much_traffic_the_candidate_gets():
    assert follow(experiment(), run_id=RUN, candidate="v3").traffic == pytest.approx(0.1)


def test_a_week_has_one_run_and_an_alarm_episode_another():
    assert weekly_run_id(datetime(2027, 1, 1, 3, tzinfo=UTC)) == "weekly-2026-W53"
    at = datetime(2026, 11, 21, 8, 5, 1, tzinfo=UTC)
    assert checked_run_id(drift_run_id(at)) == "drift-20261121T080501Z"


@pytest.mark.parametrize("given", ["", "a" * 37, "a_b", "-a", "a--b", "a/b", "ä"])
def test_a_name_that_nothing_can_be_named_after_is_refused(given):
    with pytest.raises(InvalidRunId, match="allowed 1 to 36 letters"):
        checked_run_id(given)
