"""What is defined is what evaluators see, GrowthBook's as well as ours."""

import dataclasses
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from kindred.experiments.definitions import (
    Definitions,
    Experiment,
    ExperimentStatus,
    Flag,
    FlagRule,
    Holdout,
    Metric,
    Namespace,
    Prerequisite,
    SamplePlan,
    SavedGroup,
    Variation,
)
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.snapshot import compile_snapshot
from kindred.experiments.payload import build_payload

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPERIMENT = Experiment(
    key="button",
    name="Button",
    variations=(
        Variation(key="control", name="Grey", weight=0.5, is_control=True, value="grey"),
        Variation(key="green", name="Green", weight=0.5, value="green"),
    ),
    metrics=(Metric(key="sale", name="Sale"),),
    plan=SamplePlan(baseline=0.1, effect=0.05),
    status=ExperimentStatus.RUNNING,
)
COLOUR = Flag(
    key="colour",
    type="string",
    default_value="grey",
    off_value="none",
    rules=(FlagRule(id="test", experiment="button"),),
)
SWITCH = Flag(key="switch", type="boolean", default_value=False, off_value=False)


def changed(thing, **changes):
    return dataclasses.replace(thing, **changes)


def snapshot_of(*, experiments=(), flags=(), groups=(), holdouts=(), now=NOW):
    definitions = Definitions(
        revision=1,
        experiments=tuple(experiments),
        flags=tuple(flags),
        saved_groups=tuple(groups),
        holdouts=tuple(holdouts),
    )
    return compile_snapshot(build_payload(definitions, now=now))


def users(count=20_000):
    return [Context({"id": f"user-{number}"}) for number in range(count)]


def served(snapshot, flag="colour", count=2_000):
    return Counter(snapshot.evaluate_flag(flag, user).value for user in users(count))


def test_a_running_experiment_splits_its_units_as_its_weights_say():
    variations = tuple(
        changed(one, weight=weight)
        for one, weight in zip(EXPERIMENT.variations, (0.8, 0.2), strict=True)
    )
    snapshot = snapshot_of(experiments=[changed(EXPERIMENT, variations=variations)])

    keys = Counter(snapshot.run_experiment("button", user).key for user in users())

    assert abs(keys["control"] / 20_000 - 0.8) < 0.01


def test_a_flag_and_the_experiment_behind_it_give_a_unit_the_same_variation():
    snapshot = snapshot_of(experiments=[EXPERIMENT], flags=[COLOUR])

    for user in users(500):
        result = snapshot.evaluate_flag("colour", user)
        assert result.experiment_key == "button"
        assert result.assignment.key == snapshot.run_experiment("button", user).key


@pytest.mark.parametrize(
    ("changes", "values"),
    [
        pytest.param({"status": ExperimentStatus.DRAFT}, {"grey"}, id="a draft"),
        pytest.param({"status": ExperimentStatus.SCHEDULED}, {"grey"}, id="a scheduled one"),
        pytest.param({"status": ExperimentStatus.PAUSED}, {"grey"}, id="a paused one"),
        pytest.param({"status": ExperimentStatus.COMPLETED}, {"grey"}, id="a completed one"),
        pytest.param({"starts_at": NOW + timedelta(seconds=1)}, {"grey"}, id="not started yet"),
        pytest.param({"ends_at": NOW}, {"grey"}, id="just ended"),
        pytest.param(
            {"status": ExperimentStatus.COMPLETED, "released": "green"}, {"green"}, id="released"
        ),
        pytest.param(
            {"status": ExperimentStatus.ARCHIVED, "released": "green"},
            {"green"},
            id="released and archived",
        ),
        pytest.param(
            {"status": ExperimentStatus.COMPLETED, "released": "green", "condition": {"a": 1}},
            {"green"},
            id="released to everybody",
        ),
        pytest.param({"starts_at": NOW}, {"grey", "green"}, id="started now"),
    ],
)
def test_only_a_running_experiment_assigns(changes, values):
    snapshot = snapshot_of(experiments=[changed(EXPERIMENT, **changes)], flags=[COLOUR])

    assert set(served(snapshot)) == values
    if "button" in snapshot.experiment_keys:
        inside = {snapshot.run_experiment("button", user).in_experiment for user in users(100)}
        assert inside == ({True} if len(values) > 1 else {False})


def test_an_archived_experiment_cannot_be_asked_any_more():
    archived = changed(EXPERIMENT, status=ExperimentStatus.ARCHIVED)

    assert snapshot_of(experiments=[archived]).experiment_keys == ()


def test_a_rule_without_its_experiment_takes_no_other_flag_away():
    snapshot = snapshot_of(flags=[COLOUR, SWITCH])

    assert served(snapshot) == {"grey": 2_000}


def test_a_flag_that_is_switched_off_serves_its_off_value_to_everybody():
    off = changed(COLOUR, enabled=False)

    assert served(snapshot_of(experiments=[EXPERIMENT], flags=[off])) == {"none": 2_000}


def test_an_archived_flag_is_unknown():
    snapshot = snapshot_of(flags=[changed(SWITCH, archived=True)])

    assert snapshot.flag_keys == ()
    assert snapshot.evaluate_flag("switch", Context({})).source == "unknownFeature"


def test_a_held_out_unit_sees_no_experiment_of_the_holdout():
    held = [changed(EXPERIMENT, holdout="quarter"), changed(EXPERIMENT, key="b", holdout="quarter")]
    snapshot = snapshot_of(
        experiments=held, flags=[COLOUR], holdouts=[Holdout(key="quarter", share=0.25)]
    )

    outside = {
        key: {
            user.attributes["id"]
            for user in users()
            if not snapshot.run_experiment(key, user).in_experiment
        }
        for key in ("button", "b")
    }

    assert outside["button"] == outside["b"]
    assert abs(len(outside["b"]) / 20_000 - 0.25) < 0.01
    assert "holdout:quarter" not in snapshot.flag_keys
    one = Context({"id": outside["b"].pop()})
    assert snapshot.evaluate_flag("colour", one).source == "defaultValue"


def test_two_shares_of_one_namespace_have_no_unit_in_common():
    halves = [
        changed(EXPERIMENT, key=key, namespace=Namespace(name="checkout", start=start, end=end))
        for key, start, end in (("a", 0.0, 0.5), ("b", 0.5, 1.0))
    ]
    snapshot = snapshot_of(experiments=halves)

    for user in users(2_000):
        assert snapshot.run_experiment("a", user).in_experiment is not (
            snapshot.run_experiment("b", user).in_experiment
        )


@pytest.mark.parametrize(
    ("off_value", "default"), [pytest.param("none", "grey"), pytest.param(None, {"colour": 1})]
)
def test_a_flag_serves_its_off_value_until_its_prerequisite_is_met(off_value, default):
    child = changed(
        COLOUR,
        default_value=default,
        off_value=off_value,
        rules=(),
        prerequisites=(Prerequisite(flag="switch", condition={"value": True}),),
    )
    on = changed(SWITCH, default_value=True)

    assert snapshot_of(flags=[child, SWITCH]).evaluate_flag("colour", Context({})).value == (
        off_value
    )
    assert snapshot_of(flags=[child, on]).evaluate_flag("colour", Context({})).value == default
    assert snapshot_of(flags=[child]).evaluate_flag("colour", Context({})).value == off_value


def test_every_condition_of_a_rule_and_of_its_experiment_has_to_hold():
    rule = FlagRule(
        id="test",
        experiment="button",
        condition={"country": "DE"},
        saved_groups=({"email": {"$inGroup": "staff"}},),
    )
    snapshot = snapshot_of(
        experiments=[
            changed(
                EXPERIMENT,
                condition={"age": {"$gte": 18}},
                saved_groups=({"city": {"$inGroup": "cities"}},),
            )
        ],
        flags=[changed(COLOUR, rules=(rule,))],
        groups=[
            SavedGroup(key="staff", attribute="email", values=("a@example.com",)),
            SavedGroup(key="cities", attribute="city", values=("Berlin",)),
        ],
    )
    full = {"id": "1", "country": "DE", "age": 18, "email": "a@example.com", "city": "Berlin"}

    def source(attributes):
        return snapshot.evaluate_flag("colour", Context(attributes)).source

    assert source(full) == "experiment"
    for name, other in (
        ("country", "FR"),
        ("age", 17),
        ("email", "b@example.com"),
        ("city", "Bonn"),
    ):
        assert source({**full, name: other}) == "defaultValue"
    for name in ("age", "city"):
        result = snapshot.run_experiment("button", Context({**full, name: None}))
        assert not result.in_experiment


def half(key, **changes):
    rule = FlagRule(id="half", value=True, coverage=0.5, **changes)
    return changed(SWITCH, key=key, rules=(rule,))


def test_rollouts_of_two_flags_reach_other_units_unless_they_share_a_seed():
    snapshot = snapshot_of(
        flags=[half("a"), half("b"), half("c", seed="shared"), half("d", seed="shared")]
    )

    def both(one, other):
        on = [[snapshot.evaluate_flag(key, user).on for key in (one, other)] for user in users()]
        return sum(map(all, on)) / len(on)

    assert abs(both("a", "b") - 0.25) < 0.02
    assert abs(both("c", "d") - 0.5) < 0.02


def test_the_payload_says_by_what_an_experiments_results_are_split():
    snapshot = snapshot_of(experiments=[changed(EXPERIMENT, segments=("country", "plan"))])

    assert snapshot.segments_of("button") == ("country", "plan")


def test_a_page_test_names_where_its_variations_lead():
    variations = (
        EXPERIMENT.variations[0],
        changed(EXPERIMENT.variations[1], redirect_url="https://shop.example.com/new"),
    )
    snapshot = snapshot_of(experiments=[changed(EXPERIMENT, variations=variations)])

    values = {
        result.key: result.value
        for result in (snapshot.run_experiment("button", user) for user in users(50))
    }

    assert values == {"control": {}, "green": {"urlRedirect": "https://shop.example.com/new"}}
