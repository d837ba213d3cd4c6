"""The wire format of feature flags, saved groups and holdouts."""

# ruff: noqa: RUF012 - pydantic gives every model its own copy of a default.
from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from pydantic.config import JsonDict

from experiments_service.wire import (
    Attribute,
    ConditionIn,
    Kept,
    Key,
    Moment,
    PlainJson,
    Share,
    Tags,
    WireIn,
    Words,
)
from experiments_service.wire import Name as Owner
from kindred.experiments.definitions import FlagType

EXAMPLE: JsonDict = {
    "key": "new-checkout",
    "type": "boolean",
    "default_value": False,
    "off_value": False,
    "description": "The checkout on one page",
    "rules": [
        {"id": "staff", "condition": {"email": {"$regex": "@example.com$"}}, "value": True},
        {"id": "rollout", "value": True, "coverage": 0.05},
    ],
    "owner": "growth",
    "tags": ["checkout"],
}


class PrerequisiteIn(WireIn):
    """The other flag's value must meet the condition, e.g. {"value": true}."""

    flag: Key
    condition: ConditionIn


Prerequisites = Annotated[list[PrerequisiteIn], Field(max_length=10)]


class FlagRuleIn(WireIn):
    """The first rule that applies serves: its value, or its experiment's variation."""

    id: Key
    condition: ConditionIn = {}
    value: PlainJson = None
    coverage: Annotated[
        Share | None, Field(description="Of units, by 0.0001; null is everybody.")
    ] = None
    experiment: Key | None = None
    hash_attribute: Attribute = "id"
    seed: Attribute | None = None
    prerequisites: Prerequisites = []


class FlagChangeIn(WireIn):
    """Fields that are given replace what was; the others stay."""

    default_value: PlainJson = None
    off_value: PlainJson = None
    enabled: StrictBool = False
    description: Words = ""
    rules: Annotated[list[FlagRuleIn], Field(max_length=100)] = []
    prerequisites: Prerequisites = []
    owner: Owner | None = None
    tags: Tags = []


class FlagIn(FlagChangeIn):
    """While a flag is not enabled it serves `off_value` to everybody."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    key: Key
    type: FlagType
    default_value: PlainJson
    off_value: PlainJson


class StepIn(WireIn):
    """At a time, what a rule gets, or the flag itself where no rule is named."""

    at: Moment
    rule: Key | None = None
    changes: Annotated[dict[str, PlainJson], Field(min_length=1, max_length=2)]


class FlagScheduleIn(WireIn):
    """All steps that are to come; none cancels what was scheduled."""

    steps: Annotated[list[StepIn], Field(max_length=200)]


class RampIn(WireIn):
    """A rule's coverage from `first` to `last` in equal steps, one every so many minutes."""

    rule: Key
    first: Share
    last: Share
    steps: Annotated[int, Field(ge=1, le=100)]
    starts_at: Moment
    every_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 30)]


class FlagOut(Kept):
    key: str
    type: FlagType
    status: Literal["enabled", "disabled", "archived"]
    default_value: Any
    off_value: Any
    enabled: bool
    archived: bool
    description: str
    rules: list[dict[str, Any]]
    prerequisites: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    next_step_at: datetime | None


class FlagPageOut(BaseModel):
    feature_flags: list[FlagOut]
    next_cursor: str | None


class SavedGroupChangeIn(WireIn):
    attribute: Attribute = "id"
    values: Annotated[list[PlainJson], Field(max_length=10_000)] = []
    description: Words = ""
    owner: Owner | None = None
    tags: Tags = []


class SavedGroupIn(SavedGroupChangeIn):
    key: Key
    attribute: Attribute
    values: Annotated[list[PlainJson], Field(max_length=10_000)]


class SavedGroupOut(Kept):
    key: str
    attribute: str
    values: list[Any]
    description: str


class SavedGroupPageOut(BaseModel):
    saved_groups: list[SavedGroupOut]
    next_cursor: str | None


class HoldoutChangeIn(WireIn):
    share: Share = 0.0
    description: Words = ""
    owner: Owner | None = None
    tags: Tags = []


class HoldoutIn(HoldoutChangeIn):
    key: Key
    share: Share
    hash_attribute: Attribute = "id"


class HoldoutOut(Kept):
    key: str
    share: float
    hash_attribute: str
    description: str


class HoldoutPageOut(BaseModel):
    holdouts: list[HoldoutOut]
    next_cursor: str | None
