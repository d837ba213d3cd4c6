from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kindred.experiments.definitions import (
    Experiment,
    Flag,
    FlagRule,
    Metric,
    Namespace,
    Prerequisite,
    SamplePlan,
    Variation,
)
from kindred.experiments.validity import experiment_problems, flag_problems, namespace_conflicts

A = Variation(key="a", name="A", weight=0.5, is_control=True)
B = Variation(key="b", name="B", weight=0.5)
BOUGHT = Metric(key="bought", name="Bought")
SOUND = Experiment(
    key="checkout",
    name="Checkout",
    variations=(A, B),
    metrics=(BOUGHT,),
    plan=SamplePlan(baseline=0.1, effect=0.1),
)
FLAG = Flag(key="new-checkout", type="boolean", default_value=False, off_value=False)
DAWN, DUSK = datetime(2026, 5, 4, 6, tzinfo=UTC), datetime(2026, 5, 4, 20, tzinfo=UTC)


def of_experiment(**changes):
    experiment = replace(SOUND, **changes)
    found = experiment_problems(experiment, saved_groups={"staff"}, holdouts={"control-group"})
    return [f"{each.pointer}: {each.detail}" for each in found]


def of_flag(**changes):
    found = flag_problems(
        replace(FLAG, **changes),
        saved_groups={"staff"},
        experiments={"checkout"},
        flags={"new-checkout", "payments"},
    )
    return [f"{each.pointer}: {each.detail}" for each in found]


def test_what_is_sound_has_no_problem():
    assert of_experiment() == []
    assert of_flag() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"variations": (A, replace(B, weight=0.4))},
            "/variations: the weights sum to 0.9, allowed is 1",
            id="weights that do not sum",
        ),
        pytest.param(
            {"variations": (replace(A, weight=1.5), replace(B, weight=-0.5))},
            "/variations/0/weight: given 1.5, allowed 0 to 1",
            id="a weight beyond one",
        ),
        pytest.param(
            {"variations": (replace(A, weight=1.0),)},
            "/variations: given 1, allowed 2 to 20",
            id="one variation",
        ),
        pytest.param(
            {"variations": (A, replace(B, key="a"))},
            "/variations: key: given a more than once, allowed once",
            id="a key twice",
        ),
        pytest.param(
            {"variations": (A, replace(B, is_control=True))},
            "/variations: is_control: given a, b, allowed is exactly one",
            id="two controls",
        ),
        pytest.param(
            {"variations": (replace(A, is_control=False), B)},
            "/variations: is_control: given none, allowed is exactly one",
            id="no control",
        ),
        pytest.param(
            {"variations": (A, replace(B, redirect_url="https://b.example"))},
            "/variations: 1 have a redirect_url, allowed is all or none",
            id="half a redirect",
        ),
        pytest.param(
            {"variations": (A, replace(B, redirect_url="javascript:alert(1)"))},
            "/variations/1/redirect_url: allowed is an https:// address with a host",
            id="a redirect into a script",
        ),
        pytest.param(
            {"metrics": (replace(BOUGHT, role="guardrail"),)},
            "/metrics: no metric has the role primary, at least one must",
            id="no primary metric",
        ),
        pytest.param(
            {"metrics": (BOUGHT, Metric(key="r", name="R", kind="ratio", numerator="bought"))},
            "/metrics/1/denominator: given nothing, allowed a metric's key: bought",
            id="a ratio of nothing",
        ),
        pytest.param(
            {"metrics": (replace(BOUGHT, numerator="bought"),)},
            "/metrics/0/numerator: allowed for a ratio only",
            id="a rate with a numerator",
        ),
        pytest.param(
            {"metrics": (replace(BOUGHT, kind="mean"),)},
            "/plan/deviation: the primary metric bought needs one: no rate",
            id="a mean without a deviation",
        ),
        pytest.param(
            {"coverage": 1.2}, "/coverage: given 1.2, allowed 0 to 1", id="more than everybody"
        ),
        pytest.param(
            {"namespace": Namespace(name="n", start=0.5, end=0.5)},
            "/namespace: given [0.5, 0.5), allowed 0 <= start < end <= 1",
            id="an empty range",
        ),
        pytest.param(
            {"holdout": "gone"}, "/holdout: given gone, allowed: control-group", id="no holdout"
        ),
        pytest.param(
            {"segments": ("a", "b", "c", "d")}, "/segments: given 4, allowed at most 3", id="four"
        ),
        pytest.param(
            {"segments": ("country", "user"), "hash_attribute": "user"},
            "/segments: given user, which names units",
            id="a segment a unit",
        ),
        pytest.param(
            {"starts_at": DUSK, "ends_at": DAWN},
            "/ends_at: allowed is a time after starts_at",
            id="an end before the start",
        ),
        pytest.param({"released": "c"}, "/released: given c, allowed: a, b", id="a release of c"),
        pytest.param(
            {"released": "b"},
            "/released: the experiment is draft, allowed once it is completed",
            id="a release before the end",
        ),
    ],
)
def test_a_problem_of_an_experiment_says_what_is_allowed(changes, message):
    assert message in of_experiment(**changes)


def test_an_unknown_operator_is_named_with_the_known_ones():
    [problem] = of_experiment(condition={"country": {"$isin": ["DE"]}})

    assert problem.startswith("/condition: condition.country: unknown operator $isin, allowed ")
    assert "$in," in problem


def test_a_plan_that_nobody_can_meet_is_refused():
    [problem] = of_experiment(plan=SamplePlan(baseline=0.9, effect=0.5))

    assert problem.startswith("/plan: ")


def test_all_problems_are_named_at_once():
    assert len(of_experiment(variations=(B, B), metrics=(), coverage=2.0)) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"default_value": "yes"},
            "/default_value: given a value of another type, allowed is a boolean",
            id="another type",
        ),
        pytest.param(
            {"rules": (FlagRule(id="r", value=1),)},
            "/rules/0/value: given a value of another type, allowed is a boolean",
            id="another type in a rule",
        ),
        pytest.param(
            {"rules": (FlagRule(id="r", value=True, coverage=0.00005),)},
            "/rules/0/coverage: given 5e-05, allowed 0 to 1 by 0.0001",
            id="half a step",
        ),
        pytest.param(
            {"rules": (FlagRule(id="r", experiment="gone"),)},
            "/rules/0/experiment: given gone, allowed: checkout",
            id="an experiment that is not there",
        ),
        pytest.param(
            {"rules": (FlagRule(id="r", experiment="checkout", coverage=0.5),)},
            "/rules/0/coverage: the experiment has its own, allowed is none here",
            id="two coverages",
        ),
        pytest.param(
            {"rules": (FlagRule(id="r", value=True), FlagRule(id="r", value=False))},
            "/rules: id: given r more than once, allowed once",
            id="an id twice",
        ),
        pytest.param(
            {"prerequisites": (Prerequisite(flag="gone", condition={"value": True}),)},
            "/prerequisites/0/flag: given gone, allowed: new-checkout, payments",
            id="a flag that is not there",
        ),
        pytest.param(
            {"rules": (FlagRule(id="r", value=True, condition={"id": {"$inGroup": "gone"}}),)},
            "/rules/0/condition: condition.id.$inGroup: no saved group 'gone', allowed staff",
            id="a group that is not there",
        ),
    ],
)
def test_a_problem_of_a_flag_says_what_is_allowed(changes, message):
    assert message in of_flag(**changes)


@pytest.mark.parametrize("coverage", [0.0, 0.0001, 0.0007, 0.1234, 0.9999, 1.0])
def test_a_rollout_goes_by_a_hundredth_of_a_percent(coverage):
    assert of_flag(rules=(FlagRule(id="r", value=True, coverage=coverage),)) == []


@pytest.mark.parametrize(
    ("start", "end", "conflicts"),
    [
        pytest.param(0.5, 0.8, [], id="side by side"),
        pytest.param(0.4, 0.8, ["other [0.2, 0.5)"], id="over the end"),
        pytest.param(0.0, 0.2, [], id="up to the start"),
        pytest.param(0.0, 1.0, ["other [0.2, 0.5)"], id="around it"),
    ],
)
def test_ranges_of_one_namespace_that_overlap_are_found(start, end, conflicts):
    other = replace(SOUND, key="other", namespace=Namespace(name="n", start=0.2, end=0.5))
    elsewhere = replace(SOUND, key="x", namespace=Namespace(name="m", start=0.0, end=1.0))

    mine = Namespace(name="n", start=start, end=end)
    assert namespace_conflicts(mine, [other, elsewhere, SOUND]) == conflicts
