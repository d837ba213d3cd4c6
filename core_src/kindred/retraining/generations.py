"""Which model a run of retraining begins from, and what it calls the one that it trains."""

from __future__ import annotations

from dataclasses import dataclass

from kindred.experiments.bucketing import Arm
from kindred.retraining.model_experiment import ModelExperiment
from kindred.similarity.versions import FITTED, InvalidVersion, next_version, number_of

# The requirements' retraining begins from the second model, also where the first still serves.
FIRST_BASELINE: Arm = FITTED[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """`baseline` is the model that the candidate has to be better than."""

    baseline: Arm
    candidate: Arm


class NoGeneration(Exception):
    """No model is to be trained now; the message says why."""


def next_generation(experiment: ModelExperiment | None) -> Generation:
    """The candidate follows what serves: v3 after v2, v4 after v3.

    A candidate that lost gives its name to the next: nobody is served by it. While the first two
    models are compared v2 is the one to improve on. Raises NoGeneration while a candidate is being
    compared, which a new one would replace unseen, and where no name is left for another.
    """
    if experiment is None or experiment.status == "stopped":
        return _after(FIRST_BASELINE if experiment is None else experiment.control)
    if experiment.status == "completed":
        return _after(experiment.serving)
    if experiment.treatment != FIRST_BASELINE:
        raise NoGeneration(
            f"the experiment of {experiment.control} against {experiment.treatment} has not ended"
        )
    return _after(experiment.treatment)


def _after(serving: Arm) -> Generation:
    baseline = max(serving, FIRST_BASELINE, key=number_of)
    try:
        return Generation(baseline=baseline, candidate=next_version(baseline))
    except InvalidVersion as none_left:
        raise NoGeneration(f"{serving} serves, and no later one can be named: {none_left}") from (
            none_left
        )
