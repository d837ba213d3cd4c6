"""The experiment between two embedding models, and the arm it gives a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from kindred.experiments.bucketing import Arm, pick_arm
from kindred.similarity.versions import ALLOWED, is_version

Status = Literal["active", "completed", "stopped"]


class InvalidExperiment(ValueError):
    """An experiment record that cannot be obeyed; the message says what was given and allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingExperiment:
    """`control_weight` is the share of units on `control`, in [0, 1]; the rest get `treatment`."""

    experiment_id: str
    status: Status
    control_weight: float
    control: Arm = "v1"
    treatment: Arm = "v2"
    winner: Arm | None = None

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise InvalidExperiment(
                f"status: given {self.status!r}, allowed {', '.join(get_args(Status))}"
            )
        for name, arm in (("control", self.control), ("treatment", self.treatment)):
            if not is_version(arm):
                raise InvalidExperiment(f"{name}: given {arm!r}, allowed {ALLOWED}")
        if self.control == self.treatment:
            raise InvalidExperiment(f"treatment: given {self.treatment}, which is the control")
        if not 0.0 <= self.control_weight <= 1.0:
            raise InvalidExperiment(
                f"{self.control}_weight: given {self.control_weight}, allowed 0 to 1"
            )
        if self.winner is not None and self.winner not in self.arms:
            raise InvalidExperiment(
                f"winner: given {self.winner!r}, allowed {', '.join(self.arms)}"
            )

    @property
    def arms(self) -> tuple[Arm, Arm]:
        return self.control, self.treatment

    def weight(self, arm: Arm) -> float:
        return self.control_weight if arm == self.control else 1.0 - self.control_weight

    def assign(self, *, partner_id: str, app_id: str, remembered: str | None) -> Arm:
        """The unit's arm: the remembered one while it still takes traffic, else by hash.

        A completed experiment gives its winner and a stopped one the control, whatever was
        remembered, so that ending an experiment reaches everybody at once.
        """
        if self.status == "stopped":
            return self.control
        if self.status == "completed" and self.winner is not None:
            return self.winner
        for arm in self.arms:
            if remembered == arm and self.weight(arm) > 0:
                return arm
        first = pick_arm(partner_id, app_id, self.control_weight) == "v1"
        return self.control if first else self.treatment

    @property
    def is_sticky(self) -> bool:
        return self.status == "active"


def control_only(experiment_id: str) -> EmbeddingExperiment:
    """What holds while no record of the experiment exists: everybody on the control."""
    return EmbeddingExperiment(experiment_id=experiment_id, status="stopped", control_weight=1.0)
