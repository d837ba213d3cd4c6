"""What people define: experiments, metrics, feature flags and saved groups, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

Json = Any
# A condition in the operators of the evaluation engine, e.g. {"country": {"$in": ["DE", "FR"]}}.
Condition = Mapping[str, Json]

MetricKind = Literal["binary", "mean", "ratio"]
MetricRole = Literal["primary", "secondary", "guardrail"]
Direction = Literal["increase", "decrease"]
DecisionPolicy = Literal["sequential", "bayesian", "fixed_horizon"]
FlagType = Literal["boolean", "string", "number", "json"]


class ExperimentStatus(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """`weight` is a share of the covered traffic, in [0, 1]; `value` is what a flag serves."""

    key: str
    name: str
    weight: float
    is_control: bool = False
    value: Json = None
    redirect_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is measured of a unit.

    `binary` is whether the unit converted, `mean` the total of its values. `ratio` divides the
    unit totals of two other metrics of the experiment, which are named by their keys.
    """

    key: str
    name: str
    kind: MetricKind = "binary"
    role: MetricRole = "primary"
    direction: Direction = "increase"
    numerator: str | None = None
    denominator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A share of a mutual-exclusion group: the half-open range [start, end) of [0, 1]."""

    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePlan:
    """`effect` is the smallest change worth detecting, relative to `baseline` (0.05 is 5 %).

    `deviation` is the standard deviation of the primary metric; a binary one has none.
    """

    baseline: float
    effect: float
    deviation: float | None = None
    alpha: float = 0.05
    power: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """`key` never changes: events, counters and cookies carry it as the experiment's identity."""

    key: str
    name: str
    variations: tuple[Variation, ...]
    metrics: tuple[Metric, ...]
    plan: SamplePlan
    status: ExperimentStatus = ExperimentStatus.DRAFT
    hypothesis: str = ""
    condition: Condition = field(default_factory=dict)
    # The condition a saved group must meet, as the engine's payload spells it.
    saved_groups: tuple[Mapping[str, Json], ...] = ()
    coverage: float = 1.0
    namespace: Namespace | None = None
    holdout: str | None = None
    hash_attribute: str = "id"
    fallback_attribute: str | None = None
    seed: str | None = None
    sticky: bool = False
    bucket_version: int = 0
    # Attributes whose values split the results; at most three.
    segments: tuple[str, ...] = ()
    policy: DecisionPolicy = "sequential"
    # Variation that everybody gets once the experiment is completed.
    released: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def control(self) -> Variation:
        return next(variation for variation in self.variations if variation.is_control)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prerequisite:
    """The other flag's value must meet `condition`, e.g. {"value": true}."""

    flag: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRule:
    """The first rule that applies serves.

    `coverage` is the share of units, in steps of 0.0001; None is everybody. `experiment` names an
    experiment whose variation's values are served instead of `value`.
    """

    id: str
    condition: Condition = field(default_factory=dict)
    saved_groups: tuple[Mapping[str, Json], ...] = ()
    value: Json = None
    coverage: float | None = None
    experiment: str | None = None
    hash_attribute: str = "id"
    seed: str | None = None
    prerequisites: tuple[Prerequisite, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """While not `enabled` the flag serves `off_value` to everybody: the kill switch."""

    key: str
    type: FlagType
    default_value: Json
    off_value: Json
    enabled: bool = True
    description: str = ""
    rules: tuple[FlagRule, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedGroup:
    """A named list of attribute values, referred to by `$inGroup` and `$notInGroup`."""

    key: str
    attribute: str
    values: tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """Units kept out of every experiment that names it: a share of all, chosen by hash."""

    key: str
    share: float
    hash_attribute: str = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Everything that is evaluated, as of one revision of the database."""

    revision: int
    experiments: tuple[Experiment, ...] = ()
    flags: tuple[Flag, ...] = ()
    saved_groups: tuple[SavedGroup, ...] = ()
    holdouts: tuple[Holdout, ...] = ()
