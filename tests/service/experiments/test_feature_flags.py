"""Feature flags, saved groups and holdouts over the API, on a real database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.service.experiments.management_fixtures import EXPERIMENT, FLAG, world

# Seconds a file.
pytestmark = pytest.mark.slow


def at(**later):
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


def asks(*keys):
    return [{"flag": key, "condition": {"value": True}} for key in keys]


def test_a_new_flag_is_off_until_it_is_enabled(platform):
    created = platform.flag()
    enabled = platform.post("/feature-flags/new-checkout/enable").json()
    disabled = platform.post("/feature-flags/new-checkout/disable").json()

    seen = [each["status"] for each in (created, enabled, disabled)]
    assert seen == ["disabled", "enabled", "disabled"]


def test_the_kill_switch_also_ends_what_was_scheduled(platform):
    platform.flag(enabled=True)
    steps = [{"at": at(days=1), "changes": {"enabled": True}}]
    scheduled = platform.ask("PUT", "/feature-flags/new-checkout/schedule", {"steps": steps})
    killed = platform.post("/feature-flags/new-checkout/disable").json()

    assert len(scheduled.json()["steps"]) == 1
    assert (killed["enabled"], killed["steps"], killed["next_step_at"]) == (False, [], None)


@pytest.mark.parametrize(
    ("changes", "pointer", "detail"),
    [
        pytest.param(
            {"rules": [{"id": "r", "value": True, "coverage": 0.00005}]},
            "/rules/0/coverage",
            "allowed 0 to 1 by 0.0001",
            id="half a hundredth of a percent",
        ),
        pytest.param(
            {"default_value": "yes"}, "/default_value", "allowed is a boolean", id="another type"
        ),
        pytest.param(
            {"rules": [{"id": "r", "experiment": "gone"}]},
            "/rules/0/experiment",
            "given gone",
            id="an experiment that is not there",
        ),
        pytest.param(
            {"rules": [{"id": "r", "value": True, "condition": {"a": {"$near": 1}}}]},
            "/rules/0/condition",
            "unknown operator $near",
            id="an unknown operator",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(platform, changes, pointer, detail):
    answer = platform.post("/feature-flags", FLAG | changes)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert detail in error["detail"]


def test_a_flag_serves_no_experiment_whose_values_are_of_another_type(platform):
    platform.created()
    rules = {"rules": [{"id": "r", "experiment": "checkout"}]}
    refused = platform.post("/feature-flags", FLAG | rules)

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
        422,
        "/rules/0/experiment",
    )
    text = {"type": "string", "default_value": "a", "off_value": "a"}
    assert platform.post("/feature-flags", FLAG | text | rules).status_code == 201
    variations = [each | {"value": 1} for each in EXPERIMENT["variations"]]
    changed = platform.patch("/experiments/checkout", {"variations": variations})
    assert changed.status_code == 422
    assert "checkout's variation control, which new-checkout would serve" in changed.text
    assert platform.post("/experiments/checkout/start").status_code == 200


def test_a_cycle_of_prerequisites_is_refused_by_its_name(platform):
    platform.flag(key="a")
    platform.flag(key="b", prerequisites=asks("a"))
    platform.flag(key="c", rules=[{"id": "r", "value": True, "prerequisites": asks("b")}])
    answer = platform.patch("/feature-flags/a", {"prerequisites": asks("c")})

    assert answer.status_code == 422
    assert "a -> c -> b -> a" in answer.json()["detail"]


def test_a_chain_of_prerequisites_that_would_exhaust_an_evaluator_is_refused(platform):
    platform.flag(key="f0")
    for number in range(1, 21):
        platform.flag(key=f"f{number}", prerequisites=asks(f"f{number - 1}"))
    answer = platform.post("/feature-flags", {**FLAG, "key": "f21", "prerequisites": asks("f20")})

    assert answer.status_code == 422
    assert "f21 would wait for a chain of 21, allowed 20" in answer.json()["detail"]


def test_a_flag_that_others_need_stays_out_of_the_archive(platform):
    platform.flag(key="a")
    platform.flag(key="b", prerequisites=asks("a"))

    refused = platform.post("/feature-flags/a/archive")
    assert (refused.status_code, refused.json()["type"][-11:]) == (409, "flag-needed")
    assert platform.post("/feature-flags/b/archive").json()["status"] == "archived"
    assert platform.post("/feature-flags/a/archive").status_code == 200


def test_an_archived_flag_changes_only_by_being_restored(platform):
    platform.flag(enabled=True)
    platform.post("/feature-flags/new-checkout/archive")

    assert platform.post("/feature-flags/new-checkout/enable").status_code == 409
    restored = platform.post("/feature-flags/new-checkout/restore").json()
    assert (restored["status"], restored["rules"][0]["id"]) == ("disabled", "some")
    assert platform.post("/feature-flags/new-checkout/restore").status_code == 409


def test_a_ramp_becomes_its_steps(platform):
    platform.flag()
    ramp = {
        "rule": "some",
        "first": 0.25,
        "last": 1.0,
        "steps": 4,
        "starts_at": at(hours=1),
        "every_minutes": 60,
    }
    ramped = platform.post("/feature-flags/new-checkout/ramps", ramp).json()

    coverages = [step["changes"]["coverage"] for step in ramped["steps"]]
    assert coverages == [0.25, 0.5, 0.75, 1.0]
    assert ramped["next_step_at"] == ramped["steps"][0]["at"]


def test_a_step_for_a_rule_that_is_not_there_is_refused(platform):
    platform.flag()
    steps = [{"at": at(days=1), "rule": "gone", "changes": {"coverage": 1}}]
    answer = platform.ask("PUT", "/feature-flags/new-checkout/schedule", {"steps": steps})

    assert answer.status_code == 422
    assert "allowed some" in answer.json()["detail"]


def test_a_rule_that_has_steps_to_come_cannot_go(platform):
    platform.flag()
    steps = [{"at": at(days=1), "rule": "some", "changes": {"coverage": 1}}]
    platform.ask("PUT", "/feature-flags/new-checkout/schedule", {"steps": steps})

    assert platform.patch("/feature-flags/new-checkout", {"rules": []}).status_code == 422


def test_a_value_of_any_shape_comes_back_as_it_was_given(platform):
    value = {"z": 1, "a": [1.0, 2.5, None, {"ü": "ñ"}], "big": 2**53}
    created = platform.flag(type="json", default_value=value, off_value=None, rules=[])
    answer = platform.ask("GET", "/feature-flags/new-checkout")

    assert created["default_value"] == value
    assert list(answer.json()["default_value"]) == ["z", "a", "big"]


def test_flags_are_listed_beyond_the_first_hundred(platform):
    for number in range(105):
        platform.flag(key=f"f{number}")
    seen, cursor = [], ""
    while cursor is not None:
        page = platform.get(f"/feature-flags?limit=50{cursor and f'&cursor={cursor}'}").json()
        seen += [flag["key"] for flag in page["feature_flags"]]
        cursor = page["next_cursor"]

    assert sorted(seen) == sorted(f"f{number}" for number in range(105))


def test_conditions_name_saved_groups_that_are_there(platform):
    rule = {"id": "r", "value": True, "condition": {"id": {"$inGroup": "staff"}}}
    assert platform.post("/feature-flags", FLAG | {"rules": [rule]}).status_code == 422

    group = {"key": "staff", "attribute": "id", "values": ["1", "2"]}
    assert platform.post("/saved-groups", group).status_code == 201
    assert platform.post("/feature-flags", FLAG | {"rules": [rule]}).status_code == 201
    changed = platform.patch("/saved-groups/staff", {"values": ["3"]}).json()
    assert (changed["values"], changed["version"]) == (["3"], 2)
    assert [g["key"] for g in platform.get("/saved-groups").json()["saved_groups"]] == ["staff"]


def test_an_experiment_names_a_holdout_that_is_there(platform):
    assert platform.post("/holdouts", {"key": "all", "share": 0.05}).status_code == 201

    assert platform.created(holdout="all")["holdout"] == "all"
    assert platform.patch("/holdouts/all", {"share": 0.1}).json()["share"] == 0.1
    assert [h["key"] for h in platform.get("/holdouts").json()["holdouts"]] == ["all"]


def test_what_does_not_fit_the_cache_is_refused_until_something_is_archived(
    platform, migrated, user_pool, valkey_port
):
    cache = replace(platform.collaborators.settings.cache, max_size=2)
    with world(migrated, user_pool, user_pool.url, valkey_port, cache=cache) as small:
        small.flag(key="first")
        small.flag(key="second")
        refused = small.post("/feature-flags", FLAG | {"key": "third"})
        small.post("/feature-flags/first/archive")
        taken = small.post("/feature-flags", FLAG | {"key": "third"})

    assert (refused.status_code, taken.status_code) == (409, 201)
    assert "beside 2, allowed 2 (REDIS_CACHE_MAX_SIZE)" in refused.json()["detail"]
