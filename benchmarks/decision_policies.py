"""How often does each policy cry wolf, looked at daily, and how often does it see a true effect?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from benchmarks.report import Report, run_alone
from kindred.experiments.decision_policies import (
    FIXED_LIFT,
    FIXED_P_VALUE,
    POLICIES,
    TOLERATED_LOSS,
)
from kindred.experiments.definitions import DecisionPolicy, SamplePlan
from kindred.experiments.sample_plan import planned_units
from kindred.experiments.statistics.confidence_sequence import rho

SEED = 20_261_121
TESTS = 20_000
LOOKS = 30
UNITS_PER_DAY = 5_000  # and arm
BASELINE = 0.0235
TRUE_LIFT = 0.05
MOST_FALSE_WINNERS = 0.05
# Plans for effects that 30 days can show; the last needs no more than the 10,000 of the floor.
EFFECTS = (0.10, 0.30)

Counts = npt.NDArray[np.int64]
Table = npt.NDArray[np.float64]
Sign = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Conversions until each look, of shape (tests, looks), of both arms; `units` are per arm."""

    control: Counts
    treatment: Counts
    units: Counts

    @property
    def difference(self) -> Table:
        return (self.treatment - self.control) / self.units

    @property
    def error(self) -> Table:
        rates = self.control / self.units, self.treatment / self.units
        variance = sum(rate * (1 - rate) for rate in rates) / self.units
        return np.sqrt(np.maximum(variance, 1e-300), dtype=np.float64)


def simulate(rng: np.random.Generator, *, tests: int, lift: float = 0.0) -> Looks:
    shape = tests, LOOKS
    control = rng.binomial(UNITS_PER_DAY, BASELINE, shape)
    treatment = rng.binomial(UNITS_PER_DAY, BASELINE * (1 + lift), shape)
    units = UNITS_PER_DAY * np.arange(1, LOOKS + 1)
    return Looks(control=control.cumsum(axis=1), treatment=treatment.cumsum(axis=1), units=units)


def winners(policy: DecisionPolicy, looks: Looks, plan: SamplePlan) -> Sign:
    """At each look 1 where the treatment wins, -1 where the control does.

    The rules of `decide` for whole tables at once: a unit test holds them against it.
    """
    rules = {"sequential": _sequential, "bayesian": _bayesian, "fixed_horizon": _fixed_horizon}
    found = rules[policy](looks, plan)
    days = np.arange(1, LOOKS + 1)
    open_ = (looks.units >= POLICIES[policy].minimum_units(plan)) & (
        days >= POLICIES[policy].least_days
    )
    return np.where(open_, found, 0).astype(np.int8)


def first_winners(found: Sign) -> tuple[Sign, Counts]:
    """Of each test the first winner, 0 where there is none, and the look that named it."""
    look = (found != 0).argmax(axis=1)
    return found[np.arange(len(found)), look], look


def run() -> Report:
    """Each policy in A/A tests and at a true lift of 5 %, with a look a day for 30 days."""
    rng = np.random.default_rng(SEED)
    none, some = (simulate(rng, tests=TESTS, lift=lift) for lift in (0.0, TRUE_LIFT))
    cases: list[tuple[DecisionPolicy, float | None]] = [
        *(("sequential", effect) for effect in EFFECTS),
        *(("bayesian", effect) for effect in EFFECTS),
        ("fixed_horizon", None),
    ]
    rows = [_row(policy, effect, none, some) for policy, effect in cases]
    missed = [
        f"sequential, planned for {row['planned for']}: false winners in {row['A/A']:.1%} "
        f"of tests, wanted at most {MOST_FALSE_WINNERS:.0%}"
        for row in rows
        if row["policy"] == "sequential" and float(row["A/A"] or 0) > MOST_FALSE_WINNERS
    ]
    needed = planned_units(SamplePlan(baseline=BASELINE, effect=TRUE_LIFT))
    return Report(
        name="decision_policies",
        title="decision policies, looked at daily",
        rows=tuple(rows),
        notes=(
            f"{TESTS:,} tests of {LOOKS} looks at {UNITS_PER_DAY:,} units per arm and day, base "
            f"rate {BASELINE:.2%}; a winner is either arm, named at any look; seed {SEED}",
            f"power and mean reported lift of the treatment at a true lift of {TRUE_LIFT:.0%}; "
            "who stops early reports too much",
            f"a plan for {TRUE_LIFT:.0%} needs {needed:,} units per arm: sequential and bayesian "
            f"then name nothing before day {math.ceil(needed / UNITS_PER_DAY)}",
        ),
        missed=tuple(missed),
    )


def _row(
    policy: DecisionPolicy, effect: float | None, none: Looks, some: Looks
) -> dict[str, str | float | int | None]:
    plan = SamplePlan(baseline=BASELINE, effect=effect or TRUE_LIFT)
    false, _ = first_winners(winners(policy, none, plan))
    true, look = first_winners(winners(policy, some, plan))
    won = np.flatnonzero(true == 1)
    control, treatment = some.control[won, look[won]], some.treatment[won, look[won]]
    return {
        "policy": policy,
        "planned for": f"{effect:.0%}" if effect else "",
        "units per arm": POLICIES[policy].minimum_units(plan),
        "A/A": round(float((false != 0).mean()), 4),
        "power": round(float((true == 1).mean()), 4),
        "reported lift": round(float((treatment / control - 1).mean()), 4) if len(won) else None,
        "median day": float(np.median(look[won]) + 1) if len(won) else None,
    }


def _sequential(looks: Looks, plan: SamplePlan) -> Table:
    tuned = rho(alpha=plan.alpha, tightest_at=2 * planned_units(plan))
    information = 2 * looks.units * tuned**2
    score = looks.difference / looks.error
    bound = 2 * (information + 1) / information * np.log(np.sqrt(information + 1) / plan.alpha)
    return np.where(score**2 > bound, np.sign(score), 0)


def _bayesian(looks: Looks, plan: SamplePlan) -> Table:
    """By normal posteriors, which so many units make of the Beta ones."""
    score = looks.difference / looks.error
    # E[max(control - treatment, 0)], and the same the other way round.
    density = np.exp(-(score**2) / 2) / math.sqrt(2 * math.pi)
    of_treatment = looks.error * (density - score * special.ndtr(-score))
    of_control = looks.error * (density + score * special.ndtr(score))
    tolerated = TOLERATED_LOSS * plan.effect * looks.control / looks.units
    treatment, control = of_treatment <= tolerated, of_control <= tolerated
    return np.where(treatment == control, 0.0, np.where(treatment, 1.0, -1.0))


def _fixed_horizon(looks: Looks, _plan: SamplePlan) -> Table:
    pooled = (looks.control + looks.treatment) / (2 * looks.units)
    score = looks.difference / np.sqrt(pooled * (1 - pooled) * 2 / looks.units)
    sure = 2 * special.ndtr(-np.abs(score)) < FIXED_P_VALUE
    above = looks.treatment / looks.control - 1 > FIXED_LIFT
    below = looks.control / looks.treatment - 1 > FIXED_LIFT
    return np.where(sure & above, 1, np.where(sure & below, -1, 0))


if __name__ == "__main__":
    run_alone(run)
