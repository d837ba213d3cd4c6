import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.bucketing import pick_arm

identifiers = st.text(max_size=40)


def as_the_requirements_state_it(partner_id, app_id, v1_weight=0.5):
    key = f"{partner_id}:{app_id}"
    hash_val = int(hashlib.md5(key.encode()).hexdigest(), 16) % 100
    return "v1" if hash_val < v1_weight * 100 else "v2"


@given(identifiers, identifiers, st.floats(min_value=0, max_value=1))
def test_pick_arm_agrees_with_the_requirements_for_every_unit(partner_id, app_id, weight):
    assert pick_arm(partner_id, app_id, weight) == as_the_requirements_state_it(
        partner_id, app_id, weight
    )


@pytest.mark.parametrize(
    ("weight", "expected_share"),
    [pytest.param(w, w, id=f"weight {w}") for w in (0.0, 0.1, 0.5, 0.9, 1.0)],
)
def test_shares_follow_the_weight(weight, expected_share):
    arms = [pick_arm("partner", f"app-{i}", weight) for i in range(20_000)]

    assert abs(arms.count("v1") / len(arms) - expected_share) < 0.015
