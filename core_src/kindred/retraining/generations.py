"""Which model a run of retraining begins from, and what it calls the one that it trains."""

from __future__ import annotations

from dataclasses import dataclass

from kindred.experiments.bucketing import ARMS, Arm
from kindred.retraining.model_experiment import ModelExperiment

# The requirements' retraining begins from the second model.
FIRST_BASELINE: Arm = "v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    baseline: Arm
    candidate: Arm


class NoGeneration(Exception):
    """No model is to be trained now; the message says why."""


def next_generation(experiment: ModelExperiment | None) -> Generation:
    """The candidate follows what serves: v3 after v2.

    A candidate that lost gives its name to the next: nobody is served by it. While the first two
    models are compared v2 is the one to improve on. Raises NoGeneration while a candidate is being
    compared, which a new one would replace unseen, and where services know no further version.
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
    at = max(ARMS.index(serving), ARMS.index(FIRST_BASELINE))
    if at + 1 == len(ARMS):
        raise NoGeneration(
            f"{serving} serves, and is the last that services know: {', '.join(ARMS)}"
        )
    return Generation(baseline=ARMS[at], candidate=ARMS[at + 1])
