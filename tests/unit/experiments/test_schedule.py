from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.definitions import Flag, FlagRule
from kindred.experiments.schedule import (
    ImpossibleStep,
    Step,
    apply,
    in_order,
    ramp,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FLAG = Flag(
    key="new-checkout",
    type="boolean",
    default_value=False,
    off_value=False,
    rules=(FlagRule(id="some", value=True, coverage=0.0), FlagRule(id="all", value=True)),
)


def test_a_ramp_goes_up_in_equal_steps():
    steps = ramp("some", first=0.1, last=0.5, steps=5, starts_at=NOON, every=HOUR)

    assert [step.changes["coverage"] for step in steps] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert [step.at for step in steps] == [NOON + HOUR * n for n in range(5)]


@given(
    first=st.integers(0, 10_000).map(lambda n: n / 10_000),
    last=st.integers(0, 10_000).map(lambda n: n / 10_000),
    steps=st.integers(1, 100),
)
def test_a_ramp_ends_exactly_where_it_should_and_never_turns_back(first, last, steps):
    made = ramp("some", first=first, last=last, steps=steps, starts_at=NOON, every=HOUR)
    coverages = [step.changes["coverage"] for step in made]

    assert coverages[-1] == last
    assert coverages == sorted(coverages, reverse=first > last)
    assert all(round(each, 4) == each for each in coverages)


def test_a_step_changes_its_rule_and_leaves_the_others():
    changed = apply(FLAG, Step(at=NOON, rule="some", changes={"coverage": 0.25}))

    assert changed == replace(FLAG, rules=(replace(FLAG.rules[0], coverage=0.25), FLAG.rules[1]))


def test_a_step_without_a_rule_changes_the_flag():
    assert apply(FLAG, Step(at=NOON, changes={"enabled": False})) == replace(FLAG, enabled=False)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        pytest.param(
            Step(at=NOON, rule="gone", changes={"coverage": 1}),
            "for the rule gone, allowed some, all",
            id="a rule that is gone",
        ),
        pytest.param(Step(at=NOON, changes={}), "sets nothing, allowed enabled", id="nothing"),
        pytest.param(
            Step(at=NOON, changes={"key": "x"}), "sets key, allowed enabled", id="the key"
        ),
        pytest.param(
            Step(at=NOON, changes={"enabled": "yes"}), "neither true nor false", id="a word"
        ),
        pytest.param(
            Step(at=NOON, rule="some", changes={"enabled": True}),
            "sets enabled, allowed coverage, value",
            id="a flag's field on a rule",
        ),
    ],
)
def test_a_step_that_means_nothing_says_what_would(step, message):
    with pytest.raises(ImpossibleStep, match=message):
        apply(FLAG, step)


def test_steps_are_taken_in_the_order_of_their_times():
    late, early = Step(at=NOON + HOUR, changes={}), Step(at=NOON, changes={})

    assert in_order([late, early]) == (early, late)
