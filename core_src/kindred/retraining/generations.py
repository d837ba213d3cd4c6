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
    """The candidate's name follows all that people were ever given: v3 after v2, v4 after v3.

    So it does where v3 lost: tasks that served it hold it under its name as long as they run, and
    would take it for the new one. A candidate that never came to people gives its name to the
    next. While the first two models are compared v2 is the one to improve on. Raises NoGeneration
    while a candidate is being compared, which a new one would replace unseen, and where no name is
    left for another.
    """
    if experiment is None:
        return _after(FIRST_BASELINE, given=FIRST_BASELINE)
    if experiment.status == "stopped":
        return _after(experiment.control, given=experiment.treatment)
    if experiment.status == "completed":
        return _after(experiment.serving, given=experiment.treatment)
    if experiment.treatment != FIRST_BASELINE:
        raise NoGeneration(
            f"the experiment of {experiment.control} against {experiment.treatment} has not ended"
        )
    return _after(experiment.treatment, given=experiment.treatment)


def _after(serving: Arm, *, given: Arm) -> Generation:
    """`given` is the latest model that people were given, be it without success."""
    baseline = max(serving, FIRST_BASELINE, key=number_of)
    try:
        candidate = next_version(max(baseline, given, key=number_of))
    except InvalidVersion as none_left:
        raise NoGeneration(f"no later model than {given} can be named: {none_left}") from none_left
    return Generation(baseline=baseline, candidate=candidate)
