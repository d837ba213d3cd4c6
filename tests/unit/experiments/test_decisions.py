from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.experiments.comparisons import Arm
from kindred.experiments.decisions import Observation, decide
from kindred.experiments.definitions import (
    Experiment,
    ExperimentStatus,
    Metric,
    SamplePlan,
    Variation,
)
from kindred.experiments.statistics.samples import Sample, proportion

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SIGNUP = Metric(key="signup", name="Signups")
ERRORS = Metric(key="errors", name="Errors", role="guardrail", direction="decrease")
# Detecting 20 % of 10 % takes 3,623 units an arm, so that the floor of 10,000 holds.
PLAN = SamplePlan(baseline=0.1, effect=0.2)


def experiment(policy="sequential", metrics=(SIGNUP,), arms=2, plan=PLAN, **changes):
    keys = ("control", "red", "blue")[:arms]
    return Experiment(
        key="button",
        name="Button",
        variations=tuple(
            Variation(key=key, name=key, weight=1 / arms, is_control=key == "control")
            for key in keys
        ),
        metrics=tuple(metrics),
        plan=plan,
        policy=policy,
        **changes,
    )


def seen(signup, units=20_000, days=14, now=NOW, quality=None, shares=None, **others):
    """Conversions of each arm per metric, of `units` units each or of `shares`."""
    names = ("control", "red", "blue")[: len(signup)]
    counted = dict(zip(names, shares or [units] * len(signup), strict=True))

    def arms(conversions):
        return [
            Arm(
                key=name,
                sample=proportion(units=counted[name], conversions=count),
                conversions=count,
            )
            for name, count in zip(names, conversions, strict=True)
        ]

    return Observation(
        arms={key: arms(each) for key, each in {"signup": signup, **others}.items()},
        units=counted,
        days=days,
        now=now,
        quality=quality or {},
    )


@pytest.mark.parametrize(
    ("policy", "signup", "changes", "outcome", "winner"),
    [
        pytest.param("sequential", (2000, 2300), {}, "winner", "red", id="a sure lift wins"),
        pytest.param("sequential", (2300, 2000), {}, "winner", "control", id="a sure loss too"),
        pytest.param("sequential", (2000, 9000), {}, "winner", "red", id="beyond all doubt"),
        pytest.param("fixed_horizon", (2000, 9000), {}, "winner", "red", id="p is nought"),
        pytest.param(
            "sequential", (1000, 1080), {"units": 10_000}, "keep_running", None, id="a hint waits"
        ),
        pytest.param(
            "sequential", (200, 260), {"units": 2000}, "keep_running", None, id="too few units wait"
        ),
        pytest.param(
            "sequential",
            (20_000, 20_010),
            {"units": 200_000},
            "no_winner",
            None,
            id="an effect too small to matter ends it",
        ),
        pytest.param(
            "sequential", (2000, 2100, 2400), {}, "winner", "blue", id="of three the sure one wins"
        ),
        pytest.param(
            "sequential", (2000, 2300, 2400), {}, "winner", "blue", id="of two sure ones the better"
        ),
        pytest.param(
            "sequential",
            (1000, 800, 1080),
            {"units": 10_000},
            "keep_running",
            None,
            id="a bad variation beside an open one waits",
        ),
        pytest.param("bayesian", (2000, 2300), {}, "winner", "red", id="a small loss is taken"),
        pytest.param("bayesian", (2300, 2000), {}, "winner", "control", id="also the control's"),
        pytest.param("bayesian", (2000, 2030), {}, "keep_running", None, id="a larger one is not"),
        pytest.param(
            "bayesian",
            (20_000_000, 20_000_100),
            {"units": 200_000_000},
            "no_winner",
            None,
            id="as good as equal ends it",
        ),
        pytest.param("fixed_horizon", (2000, 2140), {}, "winner", "red", id="7 % with p 0.02 wins"),
        pytest.param("fixed_horizon", (2140, 2000), {}, "winner", "control", id="either way round"),
        pytest.param(
            "fixed_horizon",
            (20_000, 20_900),
            {"units": 200_000},
            "keep_running",
            None,
            id="4.5 % is too little, however sure",
        ),
        pytest.param(
            "fixed_horizon",
            (1000, 1070),
            {"units": 10_000},
            "keep_running",
            None,
            id="7 % with p 0.1 is not sure",
        ),
        pytest.param(
            "fixed_horizon", (2000, 2300), {"days": 6}, "keep_running", None, id="six days wait"
        ),
        pytest.param(
            "fixed_horizon", (999, 1299), {"units": 9_999}, "keep_running", None, id="9,999 wait"
        ),
        pytest.param(
            "fixed_horizon",
            (1000, 1300),
            {"units": 10_000, "days": 7},
            "winner",
            "red",
            id="10,000",
        ),
    ],
)
def test_a_policy_reads_the_primary_metric(policy, signup, changes, outcome, winner):
    decision = decide(experiment(policy, arms=len(signup)), seen(signup, **changes))

    assert (decision.outcome, decision.winner) == (outcome, winner)
    assert decision.reasons


@pytest.mark.parametrize("policy", ["sequential", "bayesian", "fixed_horizon"])
class TestGates:
    def test_a_sample_ratio_mismatch_blocks_whatever_was_measured(self, policy):
        decision = decide(experiment(policy), seen((2000, 2300), shares=(20_000, 20_900)))

        assert decision.outcome == "blocked"
        assert "sample-ratio mismatch" in decision.reasons[0]

    def test_a_slight_mismatch_warns_and_does_not_block(self, policy):
        decision = decide(experiment(policy), seen((2000, 2400), shares=(20_000, 20_560)))

        assert decision.outcome == "winner"
        assert "sample-ratio mismatch" in decision.warnings[0]

    def test_a_guardrail_that_is_worse_blocks_the_promotion(self, policy):
        decision = decide(
            experiment(policy, metrics=(SIGNUP, ERRORS)), seen((2000, 2300), errors=(400, 600))
        )

        assert (decision.outcome, decision.winner) == ("blocked", None)
        assert "guardrail: 'red' is 50 % above the control on 'errors'" in decision.reasons[1]

    def test_a_guardrail_that_is_better_blocks_nothing(self, policy):
        decision = decide(
            experiment(policy, metrics=(SIGNUP, ERRORS)), seen((2000, 2300), errors=(600, 400))
        )

        assert decision.winner == "red"

    def test_an_experiment_that_is_over_without_one_has_no_winner(self, policy):
        over = experiment(policy, ends_at=NOW - timedelta(days=1))

        assert decide(over, seen((2000, 2030))).outcome == "no_winner"
        assert decide(over, seen((2000, 2300))).outcome == "winner"

    def test_a_completed_experiment_does_not_keep_running(self, policy):
        completed = experiment(policy, status=ExperimentStatus.COMPLETED)

        assert decide(completed, seen((20, 22), units=200)).outcome == "no_winner"

    def test_what_was_left_out_is_said(self, policy):
        decision = decide(experiment(policy), seen((2000, 2300), quality={"mismatched": 400}))

        assert decision.warnings == (
            "mismatched: 400 (1 % beside 40,000 units) were served another variation than they "
            "were assigned and are not counted",
        )

    def test_nothing_seen_at_all_keeps_running(self, policy):
        decision = decide(experiment(policy), seen((0, 0), units=0, days=0))

        assert decision.outcome == "keep_running"


@pytest.mark.parametrize("policy", ["sequential", "fixed_horizon"])
def test_the_next_best_wins_where_a_guardrail_stops_the_best(policy):
    decision = decide(
        experiment(policy, metrics=(SIGNUP, ERRORS), arms=3),
        seen((2000, 2480, 2481), errors=(400, 400, 600)),
    )

    assert decision.winner == "red"


def test_the_minimum_comes_from_the_plan_and_is_never_below_ten_thousand():
    small = SamplePlan(baseline=0.0235, effect=0.05)

    assert decide(experiment(), seen((2000, 2300))).minimum_units == 10_000
    assert decide(experiment(plan=small), seen((470, 700))).minimum_units == 262_819


def test_units_that_are_missing_are_named_with_how_many():
    decision = decide(experiment(), seen((100, 100), shares=(9_990, 10_000)))

    assert decision.reasons == ("'control' has 9,990 of 10,000 units",)


def test_the_seeds_rule_keeps_its_ten_thousand_whatever_the_plan_says():
    small = SamplePlan(baseline=0.0235, effect=0.05)
    decision = decide(experiment("fixed_horizon", plan=small), seen((470, 600)))

    assert (decision.winner, decision.minimum_units) == ("red", 10_000)


def test_a_metric_that_should_fall_wins_by_falling():
    churn = Metric(key="signup", name="Churn", direction="decrease")

    for policy in ("sequential", "bayesian", "fixed_horizon"):
        decision = decide(experiment(policy, metrics=(churn,)), seen((2300, 2000)))
        assert decision.winner == "red"


def test_many_metrics_make_one_finding_less_sure():
    others = [Metric(key=f"m{index}", name="Other") for index in range(30)]
    alone = decide(experiment(), seen((2000, 2220)))
    among = decide(
        experiment(metrics=(SIGNUP, *others)),
        seen((2000, 2220), **{metric.key: (2000, 2000) for metric in others}),
    )

    assert alone.winner == "red"
    assert among.outcome == "keep_running"


def test_a_variation_that_loses_on_another_primary_metric_does_not_win():
    paid = Metric(key="paid", name="Paid")
    decision = decide(experiment(metrics=(SIGNUP, paid)), seen((2000, 2400), paid=(2000, 1600)))

    assert decision.outcome != "winner" or decision.winner != "red"


def test_means_are_decided_too():
    revenue = Metric(key="revenue", name="Revenue", kind="mean")
    arms = [
        Arm(key=key, sample=Sample(units=20_000, mean=mean, variance=25.0))
        for key, mean in (("control", 10.0), ("red", 10.5))
    ]
    found = Observation(
        arms={"revenue": arms},
        units={"control": 20_000, "red": 20_000},
        days=10,
        now=NOW,
        quality={},
    )

    for policy in ("sequential", "bayesian"):
        plan = SamplePlan(baseline=10, effect=0.05, deviation=5)
        assert decide(experiment(policy, metrics=(revenue,), plan=plan), found).winner == "red"


def test_reasons_are_plain_words():
    decision = decide(experiment(), seen((2000, 2300)))

    assert decision.reasons == (
        "'red' is 15 % above the control on 'signup' (4.48 % to 25.5 %) at every look so far",
    )


@settings(deadline=None, max_examples=60)
@given(
    conversions=st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)),
    policy=st.sampled_from(["sequential", "bayesian", "fixed_horizon"]),
)
def test_a_decision_is_always_complete(conversions, policy):
    decision = decide(experiment(policy), seen(conversions))

    assert (decision.winner is not None) == (decision.outcome == "winner")
    assert decision.reasons
    assert "nan" not in " ".join(decision.reasons)
