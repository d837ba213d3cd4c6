from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.decision_policies import BASELINE, LOOKS, first_winners, simulate, winners
from kindred.experiments.comparisons import Arm
from kindred.experiments.decisions import Observation, decide
from kindred.experiments.definitions import Experiment, Metric, SamplePlan, Variation
from kindred.experiments.statistics.samples import proportion

# Seconds a file.
pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PLAN = SamplePlan(baseline=BASELINE, effect=0.3)


def share_with_winner(policy, lift, *, tests=2_000):
    looks = simulate(np.random.default_rng(7), tests=tests, lift=lift)
    found, _ = first_winners(winners(policy, looks, PLAN))
    return float((found != 0).mean())


def test_sequential_names_a_false_winner_in_at_most_one_test_of_twenty():
    assert share_with_winner("sequential", 0.0) <= 0.05


def test_the_requirements_rule_names_one_in_a_fifth_of_them():
    assert share_with_winner("fixed_horizon", 0.0) == pytest.approx(0.19, abs=0.03)


def test_sequential_pays_with_power():
    assert 0.1 < share_with_winner("sequential", 0.05) < share_with_winner("fixed_horizon", 0.05)


@pytest.mark.parametrize("policy", ["sequential", "bayesian", "fixed_horizon"])
def test_the_simulated_rule_is_the_one_that_decides(policy):
    looks = simulate(np.random.default_rng(3), tests=60, lift=0.08)
    simulated = winners(policy, looks, PLAN)
    decided = np.zeros_like(simulated)
    for test, look in np.ndindex(simulated.shape):
        if look % 3:
            continue
        counted = looks.control[test, look], looks.treatment[test, look]
        decided[test, look] = decision(policy, int(looks.units[look]), counted, days=look + 1)

    compared = simulated[:, ::3] == decided[:, ::3]
    assert np.count_nonzero(decided == 1) > 50
    # Of the bayesian policy the simulation takes normal posteriors.
    assert compared.mean() >= (0.99 if policy == "bayesian" else 1.0)


def decision(policy, units, counted, *, days):
    experiment = Experiment(
        key="x",
        name="X",
        variations=(
            Variation(key="a", name="A", weight=0.5, is_control=True),
            Variation(key="b", name="B", weight=0.5),
        ),
        metrics=(Metric(key="click", name="Clicks"),),
        plan=PLAN,
        policy=policy,
    )
    arms = [
        Arm(key=key, sample=proportion(units=units, conversions=int(n)), conversions=int(n))
        for key, n in zip("ab", counted, strict=True)
    ]
    seen = Observation(
        arms={"click": arms}, units=dict.fromkeys("ab", units), days=days, now=NOW, quality={}
    )
    return {None: 0, "a": -1, "b": 1}[decide(experiment, seen).winner]


def test_looks_are_daily_for_thirty_days():
    assert simulate(np.random.default_rng(1), tests=2).units.tolist()[-1] == LOOKS * 5_000
