from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kindred.experiments.definitions import (
    Experiment,
    ExperimentStatus,
    Flag,
    FlagRule,
    Metric,
    SamplePlan,
    Variation,
)
from kindred.experiments.four_eyes import experiment_reasons, flag_reasons
from kindred.experiments.schedule import Step

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DRAFT = Experiment(
    key="checkout",
    name="Checkout",
    variations=(
        Variation(key="a", name="A", weight=0.5, is_control=True),
        Variation(key="b", name="B", weight=0.5),
    ),
    metrics=(Metric(key="bought", name="Bought"),),
    plan=SamplePlan(baseline=0.1, effect=0.1),
    coverage=0.5,
)
FLAG = Flag(
    key="f",
    type="boolean",
    default_value=False,
    off_value=False,
    rules=(FlagRule(id="r", value=True, coverage=0.1),),
)
OFF = replace(FLAG, enabled=False)


def experiment(status, **changes):
    return replace(DRAFT, status=ExperimentStatus(status), **changes)


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        pytest.param(None, DRAFT, (), id="a draft shows nobody anything"),
        pytest.param(DRAFT, replace(DRAFT, coverage=1.0), (), id="nor does a change to it"),
        pytest.param(DRAFT, experiment("running"), ("the experiment starts",), id="a start"),
        pytest.param(
            DRAFT,
            experiment("scheduled", starts_at=NOON),
            ("the experiment starts by schedule",),
            id="a start by the clock",
        ),
        pytest.param(
            experiment("paused"), experiment("running"), ("the experiment starts",), id="a resume"
        ),
        pytest.param(
            experiment("running"),
            experiment("running", coverage=0.6),
            ("coverage changes",),
            id="more traffic",
        ),
        pytest.param(
            experiment("scheduled", starts_at=NOON),
            experiment("scheduled", starts_at=NOON.replace(hour=13)),
            ("the start moves",),
            id="another start",
        ),
        pytest.param(
            experiment("scheduled"),
            experiment("scheduled", variations=()),
            ("variations changes",),
            id="other weights behind an approved start",
        ),
        pytest.param(
            experiment("scheduled", starts_at=NOON),
            experiment("running", starts_at=NOON),
            (),
            id="a start at the time that was approved",
        ),
        pytest.param(
            experiment("scheduled", starts_at=NOON),
            experiment("running", starts_at=NOON.replace(hour=11)),
            ("the experiment starts ahead of its schedule",),
            id="a start before the time that was approved",
        ),
        pytest.param(experiment("running"), experiment("paused"), (), id="a pause never waits"),
        pytest.param(experiment("running"), experiment("completed"), (), id="nor does an end"),
        pytest.param(
            experiment("running"),
            experiment("completed", released="b"),
            ("the variation b is released to everybody",),
            id="a release",
        ),
        pytest.param(
            experiment("running"), experiment("running", name="other"), (), id="another name"
        ),
    ],
)
def test_an_experiment_waits_for_what_it_would_show(before, after, reasons):
    assert experiment_reasons(before, after) == reasons


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        pytest.param(None, OFF, (), id="a new flag that is off"),
        pytest.param(None, FLAG, ("the flag is switched on",), id="a new flag that is on"),
        pytest.param(OFF, FLAG, ("the flag is switched on",), id="on"),
        pytest.param(FLAG, OFF, (), id="the kill switch never waits"),
        pytest.param(OFF, replace(OFF, rules=()), (), id="rules behind a flag that is off"),
        pytest.param(FLAG, replace(FLAG, rules=()), ("rules changes",), id="rules"),
        pytest.param(FLAG, replace(FLAG, description="x"), (), id="words"),
        pytest.param(FLAG, replace(FLAG, archived=True), (), id="an end"),
        pytest.param(
            OFF, replace(OFF, off_value=True), ("off_value changes",), id="what off means"
        ),
    ],
)
def test_a_flag_waits_for_what_it_would_show(before, after, reasons):
    assert flag_reasons(before, after) == reasons


def test_a_step_that_is_added_waits_and_one_that_is_dropped_does_not():
    step = Step(at=NOON, changes={"enabled": True})

    assert flag_reasons(OFF, OFF, steps_after=[step]) == ("1 scheduled step would be added",)
    assert flag_reasons(OFF, OFF, steps_before=[step]) == ()


def test_a_flag_that_a_step_switches_on_waits_for_what_the_step_would_show():
    step = Step(at=NOON, changes={"enabled": True})
    other = replace(OFF, rules=())

    def reasons(before, after):
        return flag_reasons(before, after, steps_before=[step], steps_after=[step])

    assert reasons(OFF, other) == ("rules changes",)
    assert reasons(OFF, FLAG) == ("the flag is switched on",)
    assert reasons(FLAG, OFF) == ()
    assert flag_reasons(OFF, other, steps_before=[step]) == ()
