"""When a step is judged, and what its judgement leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kindred.rollout.baking import period_due
from kindred.rollout.deployment import Wish
from kindred.rollout.rollout_plan import RolloutPlan
from kindred.rollout.thresholds import Thresholds
from tests.unit.rollout.rollout_states import (
    CANARY,
    MINUTE,
    NOW,
    baking,
    endpoint,
    judgement,
    pending,
    said,
    shared,
    step,
)

BAKED = 10 * MINUTE


def judged(deployment, verdict, *, after, share=0.1, running=1):
    """The last of so many judgements, a minute between them."""
    for n in reversed(range(running)):
        at = after - n * MINUTE
        action = step(deployment, shared(share), judgement(verdict), after=at)
        if said(action) != "wait":
            deployment = action.deployment
    return action


@pytest.mark.parametrize(
    ("deployment", "verdict", "after", "running", "expected"),
    [
        pytest.param(baking(), "pass", 9 * MINUTE, 1, ("bake", 10), id="a pass waits for the bake"),
        pytest.param(baking(), "pass", BAKED, 1, ("bake", 20), id="a baked pass goes on a step"),
        pytest.param(baking(step=95), "pass", BAKED, 1, ("bake", 100), id="steps end at 100 %"),
        pytest.param(baking(step=100), "pass", BAKED, 1, ("promote", 100), id="100 % bakes too"),
        pytest.param(baking(), "inconclusive", BAKED, 1, ("bake", 10), id="too little: more time"),
        pytest.param(baking(), "no_data", BAKED, 4, ("bake", 10), id="a budget of no data"),
    ],
)
def test_a_step_goes_on_only_by_a_pass_that_baked(deployment, verdict, after, running, expected):
    share = deployment.step / 100

    action = judged(deployment, verdict, after=after, running=running, share=share)

    assert action.deployment.state == "IN_PROGRESS"
    assert (action.deployment.stage, action.deployment.step) == expected
    assert action.deployment.judgements[-1].judgement.verdict == verdict


@pytest.mark.parametrize(
    ("plan", "verdict", "after", "running", "expected"),
    [
        ({}, "fail", 4 * MINUTE, 1, "ROLLING_BACK unwind"),
        ({"auto_rollback": False}, "fail", 4 * MINUTE, 1, "PAUSED bake"),
        ({}, "no_data", 9 * MINUTE, 5, "PAUSED bake"),
        ({"on_no_data": "roll_back"}, "no_data", 9 * MINUTE, 5, "ROLLING_BACK unwind"),
        ({}, "inconclusive", 30 * MINUTE, 1, "PAUSED bake"),
    ],
)
def test_what_is_not_a_pass_stops_it(plan, verdict, after, running, expected):
    deployment = baking(plan=RolloutPlan(**plan))

    action = judged(deployment, verdict, after=after, running=running)

    assert said(action) == expected
    assert f"it is {verdict}" in action.deployment.reason


def test_a_minute_of_data_begins_the_budget_anew():
    deployment = baking()
    for n, verdict in enumerate(["no_data"] * 4 + ["inconclusive"] + ["no_data"] * 4):
        at = (4 + n) * MINUTE
        deployment = step(deployment, shared(0.1), judgement(verdict), after=at).deployment

    assert deployment.state == "IN_PROGRESS"


def test_a_paused_deployment_is_watched_and_stays_where_it_is():
    paused = baking(state="PAUSED")

    assert said(judged(paused, "pass", after=BAKED)) == "PAUSED bake"
    assert said(judged(paused, "fail", after=BAKED)) == "ROLLING_BACK unwind"


def test_a_resumed_step_bakes_anew():
    asked = Wish(verb="resume", by="ada", at=NOW, reason="because")
    paused = baking(state="PAUSED", wish=asked)

    resumed = step(paused, shared(0.1), after=timedelta(hours=1)).deployment

    assert resumed.shift_confirmed_at == NOW + timedelta(hours=1)


def test_only_whole_minutes_two_after_the_shift_and_one_before_now_are_judged():
    deployment = baking(shift_confirmed_at=NOW + timedelta(seconds=10))

    early = period_due(deployment, minute=MINUTE, now=NOW + timedelta(minutes=4, seconds=59))
    first = period_due(deployment, minute=MINUTE, now=NOW + timedelta(minutes=5, seconds=3))

    assert early is None
    assert (first.start, first.end) == (NOW + 3 * MINUTE, NOW + 4 * MINUTE)


def test_a_minute_is_judged_once():
    deployment = judged(baking(), "pass", after=6 * MINUTE).deployment

    assert period_due(deployment, minute=MINUTE, now=NOW + 6.9 * MINUTE) is None
    assert period_due(deployment, minute=MINUTE, now=NOW + 7 * MINUTE) is not None


@pytest.mark.parametrize(
    ("verdict", "after", "expected"),
    [
        ("pass", 9 * MINUTE, "IN_PROGRESS bake"),
        ("pass", BAKED, "COMPLETED bake"),
        ("fail", 4 * MINUTE, "FAILED bake"),
        ("inconclusive", BAKED, "FAILED bake"),
        ("no_data", BAKED, "FAILED bake"),
    ],
)
def test_a_dry_run_ends_with_its_verdict(verdict, after, expected):
    begun = step(pending(plan=RolloutPlan(dry_run=True)), endpoint()).deployment

    action = step(begun, endpoint(), judgement(verdict), after=after)

    assert said(action) == expected
    assert (begun.baseline_variant, begun.canary_variant, begun.weights) == (None, "production", {})


def test_a_dry_run_judges_a_canary_that_is_there_against_its_baseline():
    begun = step(pending(plan=RolloutPlan(dry_run=True)), shared(0.1)).deployment

    assert (begun.baseline_variant, begun.canary_variant) == ("production", CANARY)


def test_the_budget_is_the_plans():
    plan = RolloutPlan(thresholds=Thresholds(no_data_checks=2))

    action = judged(baking(plan=plan), "no_data", after=9 * MINUTE, running=2)

    assert said(action) == "PAUSED bake"


def test_figures_that_no_table_can_keep_are_left_out():
    odd = replace(judgement("pass"), figures={"ratio": float("inf"), "requests": 1.0})

    kept = step(baking(), shared(0.1), odd, after=5 * MINUTE).deployment.judgements[-1]

    assert kept.judgement.figures == {"requests": 1.0}
