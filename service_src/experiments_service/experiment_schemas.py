"""The wire format of experiments."""

# ruff: noqa: RUF012 - pydantic gives every model its own copy of a default.
from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from pydantic.config import JsonDict

from experiments_service.wire import (
    Attribute,
    ConditionIn,
    Kept,
    Key,
    Moment,
    Name,
    PlainJson,
    Share,
    Tags,
    WireIn,
    Words,
)
from kindred.experiments.definitions import (
    DecisionPolicy,
    Direction,
    Experiment,
    ExperimentStatus,
    MetricKind,
    MetricRole,
)
from kindred.experiments.lifecycle import Action
from kindred.experiments.sample_plan import minimum_units, planned_units

EXAMPLE: JsonDict = {
    "key": "checkout-button",
    "name": "Colour of the checkout button",
    "hypothesis": "A green button is pressed more often.",
    "variations": [
        {"key": "blue", "name": "Blue", "weight": 0.5, "is_control": True, "value": "blue"},
        {"key": "green", "name": "Green", "weight": 0.5, "value": "green"},
    ],
    "metrics": [
        {"key": "pressed", "name": "Pressed the button"},
        {"key": "refunded", "name": "Refunded", "role": "guardrail", "direction": "decrease"},
    ],
    "plan": {"baseline": 0.1, "effect": 0.05},
    "condition": {"country": {"$in": ["DE", "FR"]}},
    "segments": ["country"],
    "owner": "growth",
    "tags": ["checkout"],
}


class VariationIn(WireIn):
    key: Key
    name: Name
    weight: Annotated[Share, Field(description="Of the covered traffic; all sum to 1.")]
    is_control: StrictBool = False
    value: PlainJson = None
    redirect_url: Annotated[str, StringConstraints(max_length=2_000)] | None = None


class MetricIn(WireIn):
    """A ratio divides the totals of two other metrics, named by their keys."""

    key: Key
    name: Name
    kind: MetricKind = "binary"
    role: MetricRole = "primary"
    direction: Direction = "increase"
    numerator: Key | None = None
    denominator: Key | None = None


class SamplePlanIn(WireIn):
    """`effect` is the smallest change worth detecting, relative to `baseline`: 0.05 is 5 %."""

    baseline: Annotated[float, Field(gt=-1e9, lt=1e9)]
    effect: Annotated[float, Field(gt=-100, lt=100)]
    deviation: Annotated[float, Field(gt=0, lt=1e9)] | None = None
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    power: Annotated[float, Field(ge=0.5, lt=1)] = 0.8


class NamespaceIn(WireIn):
    name: Attribute
    start: Share
    end: Share


Variations = Annotated[list[VariationIn], Field(max_length=20)]
Metrics = Annotated[list[MetricIn], Field(max_length=20)]


class ExperimentChangeIn(WireIn):
    """Fields that are given replace what was; the others stay."""

    name: Name = ""
    variations: Variations = []
    metrics: Metrics = []
    plan: SamplePlanIn = SamplePlanIn(baseline=0, effect=0)
    hypothesis: Words = ""
    description: Words = ""
    condition: ConditionIn = {}
    coverage: Share = 1.0
    namespace: NamespaceIn | None = None
    allow_namespace_overlap: Annotated[
        StrictBool, Field(description="Overlapping another experiment's range is intended.")
    ] = False
    holdout: Key | None = None
    hash_attribute: Attribute = "id"
    fallback_attribute: Attribute | None = None
    seed: Attribute | None = None
    sticky: StrictBool = False
    bucket_version: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    segments: Annotated[list[Attribute], Field(max_length=3)] = []
    policy: DecisionPolicy = "sequential"
    released: Key | None = None
    ends_at: Moment | None = None
    owner: Name | None = None
    tags: Tags = []


class ExperimentIn(ExperimentChangeIn):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    key: Annotated[Key, Field(description="Never changes: events and counters carry it.")]
    name: Name
    variations: Variations
    metrics: Metrics
    plan: SamplePlanIn


class CloneIn(WireIn):
    key: Key
    name: Name | None = None


class ScheduleIn(WireIn):
    """A start makes a draft scheduled; an end completes it without releasing a variation. Null
    takes a time away."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None


class CompleteIn(WireIn):
    released: Annotated[
        Key | None, Field(description="The variation that everybody gets from now on.")
    ] = None


class SampleSizeOut(BaseModel):
    """`minimum_per_arm` is never below what the platform asks for before it names a winner."""

    planned_per_arm: int
    minimum_per_arm: int
    minimum_total: int


def sample_size(experiment: Experiment) -> SampleSizeOut:
    minimum = minimum_units(experiment.plan)
    return SampleSizeOut(
        planned_per_arm=planned_units(experiment.plan),
        minimum_per_arm=minimum,
        minimum_total=minimum * len(experiment.variations),
    )


class ExperimentOut(Kept):
    key: str
    name: str
    status: ExperimentStatus
    hypothesis: str
    description: str
    variations: list[VariationIn]
    metrics: list[MetricIn]
    plan: SamplePlanIn
    sample_size: SampleSizeOut
    condition: dict[str, Any]
    coverage: float
    namespace: NamespaceIn | None
    allow_namespace_overlap: bool
    holdout: str | None
    hash_attribute: str
    fallback_attribute: str | None
    seed: str | None
    sticky: bool
    bucket_version: int
    segments: list[str]
    policy: DecisionPolicy
    released: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    allowed_actions: list[Action]


class ExperimentPageOut(BaseModel):
    experiments: list[ExperimentOut]
    next_cursor: str | None
