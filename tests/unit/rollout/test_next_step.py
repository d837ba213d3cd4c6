"""One action at a time, for every way in which a canary's controller is known to fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.rollout.rollout_states import (
    CANARY,
    OLD,
    answered,
    baking,
    begun,
    endpoint,
    pending,
    promoting,
    said,
    shared,
    step,
    unwinding,
)

BEGUN = begun()
MODEL, WITH_CANARY = BEGUN.model_name, BEGUN.canary_configuration
PROMOTED = BEGUN.promoted_configuration
UPDATE, GO_BACK = f"UpdateEndpoint {WITH_CANARY}", f"UpdateEndpoint {OLD}"
LAST = f"UpdateEndpoint {PROMOTED}"
ALONE = {"configuration": PROMOTED, "weights": {CANARY: 1.0}}


def case(name, deployment, observed, expected):
    return pytest.param(deployment, observed, expected, id=name)


@pytest.mark.parametrize(
    ("deployment", "observed", "expected"),
    [
        case("the pre-flight check passes", pending(), endpoint(), "IN_PROGRESS add"),
        case("waits until it can begin", pending(), endpoint("SystemUpdating"), "wait"),
        case("a dead endpoint is not begun on", pending(), endpoint("Failed"), "FAILED admit"),
        case("a model comes first", begun(), endpoint(), f"call CreateModel {MODEL}"),
        case(
            "then a configuration",
            answered(begun(), f"CreateModel {MODEL}"),
            endpoint(),
            f"call CreateConfiguration {WITH_CANARY}",
        ),
        case(
            "then the update",
            answered(begun(), f"CreateConfiguration {WITH_CANARY}"),
            endpoint(),
            f"call {UPDATE}",
        ),
        case(
            "an answered update is waited for",
            answered(begun(), UPDATE),
            endpoint("Updating"),
            "wait",
        ),
        case(
            "an answer may be ahead of what is described",
            answered(begun(), UPDATE, minutes_ago=1),
            endpoint(),
            "wait",
        ),
        case(
            "an update that went back silently",
            answered(begun(), UPDATE),
            endpoint(),
            "ROLLING_BACK unwind",
        ),
        case(
            "an update that was never answered is asked for again",
            replace(begun(), intent=None),
            endpoint(),
            f"call CreateModel {MODEL}",
        ),
        case("in use is not yet confirmed", begun(), shared(0.1), "IN_PROGRESS bake"),
        case(
            "somebody else's configuration is left alone",
            begun(),
            endpoint(configuration="theirs"),
            "FAILED add",
        ),
        case("a broken endpoint leads back", begun(), endpoint("Failed"), "ROLLING_BACK unwind"),
        case("an endpoint that is gone", begun(), None, "ROLLING_BACK unwind"),
        case(
            "weights are confirmed variant by variant",
            baking(shift_confirmed_at=None),
            shared(0.2),
            f"call UpdateWeights production 0.9, {CANARY} 0.1",
        ),
        case(
            "a variant without scaling gets it before the bake",
            baking(shift_confirmed_at=None),
            shared(0.1, scaled=frozenset({"production"})),
            f"call RegisterScaling {CANARY}",
        ),
        case(
            "the shift is confirmed",
            baking(shift_confirmed_at=None),
            shared(0.1),
            "IN_PROGRESS bake",
        ),
        case(
            "a shift is deferred, not dropped",
            baking(step=20),
            shared(0.1, status="Updating"),
            "wait",
        ),
        case(
            "moved weights are put back",
            baking(),
            shared(0.5),
            f"call UpdateWeights production 0.9, {CANARY} 0.1",
        ),
        case("a canary that vanished", baking(), endpoint(), "ROLLING_BACK unwind"),
        case(
            "all traffic first",
            promoting(),
            shared(0.5),
            f"call UpdateWeights production 0, {CANARY} 1",
        ),
        case(
            "its scaling goes before the variant",
            promoting(),
            shared(1.0),
            "call DeregisterScaling production",
        ),
        case(
            "then a configuration without it",
            answered(promoting(), "DeregisterScaling production"),
            shared(1.0, scalable=frozenset({CANARY})),
            f"call CreateConfiguration {PROMOTED}",
        ),
        case(
            "then the variant",
            answered(promoting(), f"CreateConfiguration {PROMOTED}"),
            shared(1.0, scalable=frozenset({CANARY})),
            f"call {LAST}",
        ),
        case(
            "the last update is tried again",
            answered(promoting(), LAST),
            shared(1.0, scalable=frozenset({CANARY})),
            f"call {LAST}",
        ),
        case(
            "but not for ever",
            answered(promoting(), LAST, attempts=3),
            shared(1.0, scalable=frozenset({CANARY})),
            "ROLLING_BACK unwind",
        ),
        case(
            "scaling survives the update",
            promoting(),
            endpoint(**ALONE, scaled=frozenset()),
            f"call RegisterScaling {CANARY}",
        ),
        case(
            "only a confirmed promotion cleans up",
            promoting(),
            endpoint(**ALONE),
            "IN_PROGRESS clean",
        ),
        case(
            "traffic goes back first",
            unwinding(),
            shared(0.3),
            f"call UpdateWeights production 1, {CANARY} 0",
        ),
        case(
            "the canary's scaling goes next",
            unwinding(),
            shared(0.0),
            f"call DeregisterScaling {CANARY}",
        ),
        case(
            "then the canary",
            unwinding(),
            shared(0.0, scalable=frozenset({"production"})),
            f"call {GO_BACK}",
        ),
        case("back waits for SageMaker", unwinding(), shared(0.1, status="Updating"), "wait"),
        case(
            "back from the promoted configuration",
            unwinding(),
            endpoint(**ALONE, scalable=frozenset()),
            f"call {GO_BACK}",
        ),
        case(
            "back is tried again",
            answered(unwinding(), GO_BACK, attempts=2),
            shared(0.0, scalable=frozenset()),
            f"call {GO_BACK}",
        ),
        case(
            "back that does not come is a person's",
            answered(unwinding(), GO_BACK, attempts=3),
            shared(0.0, scalable=frozenset()),
            "ROLLBACK_FAILED unwind",
        ),
        case(
            "mixed configurations are a person's",
            unwinding(),
            shared(0.1, status="UpdateRollbackFailed"),
            "ROLLBACK_FAILED unwind",
        ),
        case(
            "the old one's scaling is set up again",
            unwinding(),
            endpoint(scaled=frozenset()),
            "call RegisterScaling production",
        ),
        case("back where it was", unwinding(), endpoint(), "ROLLING_BACK clean"),
        case(
            "cleaning up",
            unwinding(stage="clean"),
            endpoint(),
            f"call DeleteConfiguration {PROMOTED}",
        ),
        case(
            "cleaned up",
            answered(unwinding(stage="clean"), f"DeleteModel {MODEL}"),
            endpoint(),
            "ROLLED_BACK clean",
        ),
        case("what has ended stays", unwinding(state="ROLLED_BACK"), shared(0.5), "wait"),
    ],
)
def test_one_thing_is_done_next(deployment, observed, expected):
    assert said(step(deployment, observed)) == expected
