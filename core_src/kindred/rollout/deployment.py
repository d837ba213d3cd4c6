"""A deployment of a model to an endpoint: what is wanted, how far it is, and why."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from kindred.rollout.judge import Judgement
from kindred.rollout.rollout_plan import Engine, RolloutPlan

State = Literal[
    "PENDING",
    "IN_PROGRESS",
    "PAUSED",
    "ROLLING_BACK",
    "COMPLETED",
    "ROLLED_BACK",
    "CANCELLED",
    "FAILED",
    "ROLLBACK_FAILED",
]
# Where a deployment that is unwound ends.
Outcome = Literal["ROLLED_BACK", "CANCELLED", "FAILED"]
# What the reconciler is about: `unwind` goes back to the old configuration from wherever it is.
Stage = Literal["admit", "add", "bake", "promote", "unwind", "clean"]
Verb = Literal["complete", "cancel", "rollback", "pause", "resume"]

TERMINAL: frozenset[State] = frozenset(
    {"COMPLETED", "ROLLED_BACK", "CANCELLED", "FAILED", "ROLLBACK_FAILED"}
)
MOST_JUDGEMENTS = 120
MOST_TRANSITIONS = 40


class InvalidSource(ValueError):
    """The message says what was given and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """Either a model package, or an artefact: a container's image and `model.tar.gz` in S3."""

    package_arn: str | None = None
    image: str | None = None
    model_data_url: str | None = None

    def __post_init__(self) -> None:
        package, artefact = self.package_arn, (self.image, self.model_data_url)
        if bool(package) == any(artefact) or (any(artefact) and not all(artefact)):
            raise InvalidSource(
                f"source: given package_arn {package!r}, image and model_data_url {artefact}; "
                "allowed either package_arn alone, or image and model_data_url"
            )

    @property
    def digest(self) -> str:
        """SHA-256 of what names the model; packages are immutable, artefacts have to be."""
        named = self.package_arn or f"{self.image} {self.model_data_url}"
        return hashlib.sha256(named.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asked for, kept until the reconciler has taken it up."""

    verb: Verb
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An AWS call that is about to be made, or was: `acknowledged_at` says that it answered.

    `attempts` counts answers without the effect since the call was first intended.
    """

    call: str
    requested_at: datetime
    acknowledged_at: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedStep:
    """`at` is the end of the last window judged, `step` the canary's percentage meanwhile."""

    at: datetime
    step: int
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    at: datetime
    before: State
    after: State
    reason: str
    weights: Mapping[str, float]
    announced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """`version` counts the writes of the record; `step` is the canary's intended percentage.

    `baseline_variant` and `old_configuration` are None where the endpoint did not exist. The
    guardrails engine replaces the model of one variant, which is then baseline and canary at once.
    """

    deployment_id: str
    endpoint: str
    engine: Engine
    source: ModelSource
    digest: str
    plan: RolloutPlan
    created_at: datetime
    created_by: str
    state: State = "PENDING"
    stage: Stage = "admit"
    reason: str = ""
    version: int = 0
    step: int = 0
    started_at: datetime | None = None
    shift_confirmed_at: datetime | None = None
    unwound_at: datetime | None = None
    outcome: Outcome | None = None
    baseline_variant: str | None = None
    canary_variant: str | None = None
    old_configuration: str | None = None
    old_model: str | None = None
    canary_configuration: str | None = None
    promoted_configuration: str | None = None
    model_name: str | None = None
    intent: Intent | None = None
    wish: Wish | None = None
    judgements: tuple[JudgedStep, ...] = ()
    transitions: tuple[Transition, ...] = field(default=())

    @property
    def is_terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def is_unfinished(self) -> bool:
        """There is something left to do, be it to announce what became of it."""
        return not self.is_terminal or any(not each.announced for each in self.transitions)

    @property
    def weights(self) -> dict[str, float]:
        """The intended share of every variant; they sum to one.

        None are intended by a dry run, and where an endpoint goes that was not there before.
        """
        if self.canary_variant is None or self.plan.dry_run:
            return {}
        if self.baseline_variant is None and self.outcome is not None:
            return {}
        if self.baseline_variant is None or self.engine == "guardrails":
            return {self.canary_variant: 1.0}
        canary = self.step / 100
        return {self.baseline_variant: 1 - canary, self.canary_variant: canary}

    def moved(self, state: State, *, at: datetime, reason: str) -> Deployment:
        transition = Transition(
            at=at, before=self.state, after=state, reason=reason, weights=self.weights
        )
        kept = (*self.transitions, transition)[-MOST_TRANSITIONS:]
        return replace(self, state=state, reason=reason, transitions=kept)

    def judged(self, judgement: Judgement, *, at: datetime) -> Deployment:
        """`at` is the end of the last window that was judged."""
        finite = {n: value for n, value in judgement.figures.items() if math.isfinite(value)}
        entry = JudgedStep(at=at, step=self.step, judgement=replace(judgement, figures=finite))
        return replace(self, judgements=(*self.judgements, entry)[-MOST_JUDGEMENTS:])

    def all_announced(self) -> Deployment:
        told = tuple(replace(each, announced=True) for each in self.transitions)
        return replace(self, transitions=told)
