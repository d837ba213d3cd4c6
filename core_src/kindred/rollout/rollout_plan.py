"""How a model is rolled out: how much traffic, in which steps, how long, and what stops it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from kindred.rollout.thresholds import Thresholds

Engine = Literal["weights", "guardrails"]
OnNoData = Literal["pause", "roll_back"]

# Of the periods a step is given: its bake, and twice that for traffic that is too thin to judge.
PATIENCE = 3
# How long an endpoint refuses a model that was rolled back on it.
COOL_DOWN_MINUTES = 24 * 60
# What SageMaker's own updates may take, in rollout minutes.
_UPDATES_MINUTES = 60


class InvalidPlan(ValueError):
    """The message says what was given and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPlan:
    """Percentages are of the endpoint's traffic; minutes are rollout minutes.

    `maximum_minutes` None stands for three times the bake of every step and an hour for
    SageMaker's updates. After it the deployment is rolled back, whatever it waits for.
    A dry run calls nothing that changes an endpoint: it judges the variants that are there for one
    bake, by the plan's thresholds, and says what a real run would have begun with.
    Raises InvalidPlan.
    """

    canary_percent: int = 10
    step_percent: int = 10
    bake_minutes: int = 10
    thresholds: Thresholds = field(default_factory=Thresholds)
    auto_rollback: bool = True
    on_no_data: OnNoData = "pause"
    maximum_minutes: int | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        _require("canary_percent", self.canary_percent, 1, 100)
        _require("step_percent", self.step_percent, 1, 100)
        _require("bake_minutes", self.bake_minutes, 4, 24 * 60)
        if self.on_no_data not in get_args(OnNoData):
            choice = ", ".join(get_args(OnNoData))
            raise InvalidPlan(f"on_no_data: given {self.on_no_data!r}, allowed {choice}")
        if self.maximum_minutes is not None:
            _require("maximum_minutes", self.maximum_minutes, self._least_minutes, 30 * 24 * 60)

    @property
    def steps(self) -> int:
        """How many shares of traffic the canary bakes at, the last of them 100 %."""
        return 1 + math.ceil((100 - self.canary_percent) / self.step_percent)

    @property
    def limit_minutes(self) -> int:
        if self.maximum_minutes is not None:
            return self.maximum_minutes
        return PATIENCE * self._least_minutes + _UPDATES_MINUTES

    @property
    def _least_minutes(self) -> int:
        return self.bake_minutes * (1 if self.dry_run else self.steps)

    def after(self, percent: int) -> int:
        """The canary's share after one step more."""
        return min(100, percent + self.step_percent)

    def require_engine(self, engine: Engine) -> None:
        """Raises InvalidPlan for a plan that SageMaker's own guardrails cannot follow."""
        if engine not in get_args(Engine):
            raise InvalidPlan(f"engine: given {engine!r}, allowed {', '.join(get_args(Engine))}")
        if engine == "guardrails":
            # SageMaker's bounds of a linear shift, of its wait, and of the whole update.
            _require("step_percent with guardrails", self.step_percent, 10, 50)
            _require("bake_minutes with guardrails", self.bake_minutes, 4, 60)
            _require("maximum_minutes with guardrails", self.limit_minutes, 10, 8 * 60)


def _require(name: str, given: int, least: int, most: int) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise InvalidPlan(f"{name}: given {given!r}, allowed {least} to {most}")
