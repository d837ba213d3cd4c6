"""Which model a run of retraining begins from, and what it calls the one that it trains."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kindred.experiments.bucketing import ARMS
from kindred.retraining.model_experiment import ModelExperiment

# The requirements' retraining begins from the second model.
FIRST_BASELINE = "v2"
_VERSION = re.compile(r"v([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    baseline: str
    candidate: str


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


def _after(serving: str) -> Generation:
    number = max(version_number(serving), version_number(FIRST_BASELINE))
    candidate = f"v{number + 1}"
    if candidate not in ARMS:
        raise NoGeneration(
            f"{serving} serves, and no service knows {candidate}: allowed {', '.join(ARMS)}"
        )
    return Generation(baseline=f"v{number}", candidate=candidate)


def version_number(version: str) -> int:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"version: given {version!r}, allowed v1, v2 and so on")
    return int(match[1])
