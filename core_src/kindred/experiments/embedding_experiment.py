"""The experiment between the two embedding models, and the arm it gives a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from kindred.experiments.bucketing import ARMS, Arm, pick_arm

Status = Literal["active", "completed", "stopped"]
CONTROL: Arm = "v1"


class InvalidExperiment(ValueError):
    """An experiment record that cannot be obeyed; the message says what was given and allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingExperiment:
    """`v1_weight` is the share of units on v1, in [0, 1]; the rest are on v2."""

    experiment_id: str
    status: Status
    v1_weight: float
    winner: Arm | None = None

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise InvalidExperiment(
                f"status: given {self.status!r}, allowed {', '.join(get_args(Status))}"
            )
        if not 0.0 <= self.v1_weight <= 1.0:
            raise InvalidExperiment(f"v1_weight: given {self.v1_weight}, allowed 0 to 1")
        if self.winner is not None and self.winner not in ARMS:
            raise InvalidExperiment(f"winner: given {self.winner!r}, allowed {', '.join(ARMS)}")

    def weight(self, arm: Arm) -> float:
        return self.v1_weight if arm == "v1" else 1.0 - self.v1_weight

    def assign(self, *, partner_id: str, app_id: str, remembered: str | None) -> Arm:
        """The unit's arm: the remembered one while it still takes traffic, else by hash.

        A completed experiment gives its winner and a stopped one the control, whatever was
        remembered, so that ending an experiment reaches everybody at once.
        """
        if self.status == "stopped":
            return CONTROL
        if self.status == "completed" and self.winner is not None:
            return self.winner
        for arm in ARMS:
            if remembered == arm and self.weight(arm) > 0:
                return arm
        return pick_arm(partner_id, app_id, self.v1_weight)

    @property
    def is_sticky(self) -> bool:
        return self.status == "active"


def control_only(experiment_id: str) -> EmbeddingExperiment:
    """What holds while no record of the experiment exists: everybody on the control."""
    return EmbeddingExperiment(experiment_id=experiment_id, status="stopped", v1_weight=1.0)
