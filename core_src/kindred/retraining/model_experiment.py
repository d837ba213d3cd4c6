"""The experiment between the model that serves and its challenger, as retraining sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kindred.experiments.bucketing import Arm


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelExperiment:
    """`status` is active, completed or stopped; `control_weight` a share in [0, 1].

    `run_id` and `started_at` are of the retraining that started it, None for any other.
    `shift_stage` is how far the daily decision has come with it, `shift_winner` whom it goes to,
    and `shift_reason` why.
    """

    experiment_id: str
    control: Arm
    treatment: Arm
    status: str
    control_weight: float
    winner: Arm | None = None
    revision: int = 0
    run_id: str | None = None
    started_at: datetime | None = None
    shift_stage: str | None = None
    shift_winner: Arm | None = None
    shift_reason: str = ""

    @property
    def serving(self) -> Arm:
        """Who gets everybody, once the experiment is not active."""
        return self.winner if self.status == "completed" and self.winner else self.control
