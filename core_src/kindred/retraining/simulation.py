"""An experiment on synthetic traffic: models answer, a click model clicks, `decide` decides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from kindred.experiments.comparisons import Arm
from kindred.experiments.decisions import Decision, Observation, decide
from kindred.experiments.definitions import Experiment, Metric, SamplePlan, Variation
from kindred.experiments.sample_plan import minimum_units
from kindred.experiments.statistics.samples import proportion
from kindred.retraining.click_model import click_probability, describe
from kindred.similarity.artefact import Artefact
from kindred.similarity.index import ExactIndex

QUERIES = 400
SHOWN = 10
CONTROL, TREATMENT = "control", "treatment"
# What a simulated experiment is made large enough to see. Smaller differences are for production.
EFFECT = 0.05
DAYS = 2

Chances = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """`passed` unless the challenger is surely worse, or nothing could be measured.

    `control_rate` and `treatment_rate` are the simulated click rates, in [0, 1].
    """

    passed: bool
    reason: str
    outcome: str
    units: int
    control_rate: float
    treatment_rate: float


def chances_of_clicks(
    control: Artefact, treatment: Artefact, *, seed: str, queries: int = QUERIES
) -> Chances:
    """float64[queries, 2]: how likely each model's list is clicked, for apps drawn from both
    catalogues; the app itself is left out of its own list, as the service does."""
    return np.array(
        [
            [_chance(artefact, app_id) for artefact in (control, treatment)]
            for app_id in _drawn(control, treatment, seed, queries)
        ]
    )


def simulate(chances: Chances, *, seed: str, now: datetime) -> Simulation:
    """As many units as the decision needs, and twice that, half of them on each model.

    A unit asks one of the queries and clicks or does not. The same for a seed.
    """
    if not len(chances):
        return _nothing("the catalogues have no app in common: there is nothing to ask")
    baseline = float(chances[:, 0].mean())
    plan = SamplePlan(baseline=min(max(baseline, 0.01), 0.9), effect=EFFECT)
    per_arm = 2 * minimum_units(plan)
    random = _generator(seed)
    clicked = [
        int(random.binomial(1, chances[random.integers(len(chances), size=per_arm), arm]).sum())
        for arm in range(2)
    ]
    decision = decide(_experiment(plan), _observation(clicked, per_arm, now))
    return _judged(decision, clicked, per_arm)


def _judged(decision: Decision, clicked: list[int], units: int) -> Simulation:
    worse = decision.outcome == "blocked" or decision.winner == CONTROL
    rates = [count / units for count in clicked]
    said = "; ".join((*decision.reasons, *decision.warnings))
    return Simulation(
        passed=not worse,
        reason=f"simulated click rate {rates[1]:.4f} beside {rates[0]:.4f} of the old model: "
        f"{said}",
        outcome=decision.outcome,
        units=2 * units,
        control_rate=rates[0],
        treatment_rate=rates[1],
    )


def _nothing(reason: str) -> Simulation:
    return Simulation(
        passed=False, reason=reason, outcome="blocked", units=0, control_rate=0, treatment_rate=0
    )


def _experiment(plan: SamplePlan) -> Experiment:
    return Experiment(
        key="retraining-simulation",
        name="Old and new model on synthetic traffic",
        variations=(
            Variation(key=CONTROL, name="old model", weight=0.5, is_control=True),
            Variation(key=TREATMENT, name="new model", weight=0.5),
        ),
        metrics=(Metric(key="ctr", name="Click rate"),),
        plan=plan,
        policy="sequential",
    )


def _observation(clicked: Iterable[int], units: int, now: datetime) -> Observation:
    arms = [
        Arm(key=key, sample=proportion(units=units, conversions=count), conversions=count)
        for key, count in zip((CONTROL, TREATMENT), clicked, strict=True)
    ]
    return Observation(
        arms={"ctr": arms},
        units={CONTROL: units, TREATMENT: units},
        days=DAYS,
        now=now,
        quality={},
    )


def _drawn(control: Artefact, treatment: Artefact, seed: str, queries: int) -> list[str]:
    rows = _generator(seed).permutation(len(control.catalogue))
    drawn: list[str] = []
    for row in rows:
        app_id = control.catalogue.app_id(int(row))
        if app_id in treatment.catalogue:
            drawn.append(app_id)
        if len(drawn) == queries:
            break
    return drawn


def _chance(artefact: Artefact, app_id: str) -> float:
    catalogue, row = artefact.catalogue, artefact.catalogue.row(app_id)
    hits = ExactIndex(artefact.vectors).search(artefact.vectors[row], k=SHOWN, exclude=row)
    return click_probability(
        describe(catalogue.app(row).metadata),
        [describe(catalogue.app(hit.row).metadata) for hit in hits],
    )


def _generator(seed: str) -> np.random.Generator:
    digest = hashlib.sha256(seed.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8]))
