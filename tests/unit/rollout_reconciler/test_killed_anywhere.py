"""The reconciler is killed after every call of AWS in turn, and the next run ends the same."""

import pytest

from tests.unit.rollout_reconciler.branches import Branches
from tests.unit.rollout_reconciler.world import FAILING, GUARDED, SETTINGS

# Seconds a test, on emulated accounts.
pytestmark = pytest.mark.slow

DEPLOYMENT = "0199b1c2-0000-7000-8000-00c0ffee1234"
CANARY = "canary-ffee1234"


def completed(world):
    world.serve()
    return world.deploy(deployment_id=DEPLOYMENT)


def rolled_back(world):
    world.windows = {"canary": FAILING}
    return completed(world)


def cancelled(world):
    deployment_id = completed(world)
    world.run()
    world.ask(deployment_id, "cancel")
    return deployment_id


def created(world):
    return world.deploy(deployment_id=DEPLOYMENT)


def guarded(world):
    world.serve()
    return world.deploy(deployment_id=DEPLOYMENT, engine="guardrails", plan=GUARDED)


COURSES = {
    completed: ("COMPLETED", {CANARY: 1.0}),
    rolled_back: ("ROLLED_BACK", {"production": 1.0}),
    cancelled: ("CANCELLED", {"production": 1.0}),
    created: ("COMPLETED", {"production": 1.0}),
    guarded: ("COMPLETED", {"production": 1.0}),
}
SHARES = 3
courses = pytest.mark.parametrize("begin", COURSES, ids=lambda begin: begin.__name__)


def undisturbed(new_world, begin):
    """Where the course leads when nobody is killed, and what each changing call on the way was."""
    world = new_world()
    deployment_id = begin(world)
    before = len(world.calls)
    world.until_over(deployment_id)
    changes = {number: world.calls[number - 1][0] for number in world.changes() if number > before}
    return world.outcome(deployment_id), changes


def beyond(changes, others):
    """The numbers of the calls from where a course leaves another one."""
    pairs = zip(changes.values(), others.values(), strict=False)
    leaves = next(at for at, (name, other) in enumerate(pairs) if name != other)
    return [*changes][max(0, leaves - 1) :]


@courses
def test_undisturbed_it_leaves_what_is_served_and_nothing_else(new_world, begin):
    outcome, _ = undisturbed(new_world, begin)

    state, weights = COURSES[begin]
    assert outcome["state"] == state
    assert outcome["announced"]
    assert not outcome["held"]
    assert outcome["endpoint"][0] == "InService"
    assert outcome["endpoint"][2] == weights
    assert outcome["configurations"] == {outcome["endpoint"][1]}
    assert len(outcome["models"]) == 1
    assert outcome["scaled"] == set(weights)
    assert bool(outcome["refused"]) == (state == "ROLLED_BACK")


def killed_after(new_world, begin, numbers):
    """The outcome after each kill, by the number of the call that it came after."""
    world = new_world()
    deployment_id = begin(world)
    world.kills = Branches(numbers)

    def course():
        world.until_over(deployment_id)
        return world.outcome(deployment_id)

    world.kills.run(course)
    assert world.kills.ended.keys() == set(numbers), "it was not killed after every call"
    return world.kills.ended


# Dealt out, so that they run side by side.
@pytest.mark.parametrize("share", range(SHARES))
def test_killed_after_any_call_of_a_rollout_it_ends_the_same(new_world, share):
    expected, changes = undisturbed(new_world, completed)

    ended = killed_after(new_world, completed, [*changes][share::SHARES])

    assert len(changes) > 40
    assert {n: outcome for n, outcome in ended.items() if outcome != expected} == {}


@pytest.mark.parametrize("begin", [rolled_back, cancelled])
def test_killed_after_any_call_of_the_way_back_it_ends_the_same(new_world, begin):
    _, forward = undisturbed(new_world, completed)
    expected, changes = undisturbed(new_world, begin)

    back = beyond(changes, forward)
    ended = killed_after(new_world, begin, back)

    assert len(back) > 10
    assert {n: outcome for n, outcome in ended.items() if outcome != expected} == {}


@pytest.mark.parametrize("begin", [created, guarded])
def test_killed_after_every_third_call_of_other_courses_it_ends_the_same(new_world, begin):
    expected, changes = undisturbed(new_world, begin)

    ended = killed_after(new_world, begin, [*changes][::3])

    assert len(ended) > 5
    assert {n: outcome for n, outcome in ended.items() if outcome != expected} == {}


def test_no_call_is_made_without_an_intent_that_names_it(world):
    deployment_id = completed(world)
    made = []

    def told(model, **_):
        if model.service_model.service_name == "sagemaker" and not model.name.startswith("Desc"):
            made.append((model.name, world.table.load(deployment_id).intent))

    world.sagemaker.meta.events.register("before-call", told)
    world.until_over(deployment_id)

    calls = {
        "CreateEndpointConfig": "CreateConfiguration",
        "DeleteEndpointConfig": "DeleteConfiguration",
        "UpdateEndpointWeightsAndCapacities": "UpdateWeights",
    }
    assert len(made) > 8
    for name, intent in made:
        assert intent.call.split()[0] == calls.get(name, name)
        assert intent.acknowledged_at is None


def test_names_are_the_same_for_the_same_deployment_and_short_enough():
    names = {SETTINGS.name_of("e" * 60, DEPLOYMENT, purpose) for purpose in ("model", "canary")}

    assert names == {
        SETTINGS.name_of("e" * 60, DEPLOYMENT, purpose) for purpose in ("model", "canary")
    }
    assert all(len(name) <= 63 and name.startswith("kindred-test-") for name in names)
    assert len(names) == 2
