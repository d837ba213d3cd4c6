"""What becomes of a candidate's experiment, as its record stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kindred.experiments.bucketing import Arm
from kindred.experiments.decision_words import percent
from kindred.retraining.model_experiment import ModelExperiment

# Of the daily decision. It would look at a candidate again on the next day that is blocked, or has
# not won and will not; the requirements want one that wins, or the old model.
_LOST = ("rolled_back", "no_winner", "blocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`end_with` is who is to get everybody, where the experiment still has to be ended.

    `traffic` is the candidate's share, in [0, 1].
    """

    outcome: Literal["following", "promoted", "rolled_back"]
    reason: str
    traffic: float = 0.0
    end_with: Arm | None = None


def follow(experiment: ModelExperiment | None, *, run_id: str, candidate: str) -> Step:
    """A candidate that has not won leaves everybody on the old model."""
    if experiment is None or experiment.run_id != run_id:
        other = experiment.experiment_id if experiment else "none"
        return Step(outcome="rolled_back", reason=f"another experiment took its place: {other}")
    why = f": {experiment.shift_reason}" if experiment.shift_reason else ""
    if experiment.status == "completed":
        won = experiment.winner == candidate
        return Step(
            outcome="promoted" if won else "rolled_back",
            traffic=float(won),
            reason=f"{experiment.winner or experiment.control} gets everything{why}",
        )
    if experiment.status == "stopped":
        return Step(outcome="rolled_back", reason="somebody stopped the experiment")
    stage = experiment.shift_stage or ""
    if stage in _LOST or experiment.shift_winner == experiment.control:
        said = stage.replace("_", " ") if stage in _LOST else f"{experiment.control} won"
        return Step(outcome="rolled_back", reason=f"{said}{why}", end_with=experiment.control)
    return Step(
        outcome="following",
        traffic=round(1 - experiment.control_weight, 4),
        reason=f"{candidate} gets {percent(1 - experiment.control_weight)}{why}",
    )
