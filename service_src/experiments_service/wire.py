"""Parts that the management API's inputs and outputs are made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

KEY = r"^[a-z0-9][a-z0-9_-]{0,63}$"
# PostgreSQL keeps no NUL.
_PRINTED = r"^[^\x00]*$"
_DEEPEST = 24
_MOST_VALUES = 5_000
_LARGEST_INTEGER = 2**53
_YEARS = range(2000, 2200)


def plain(value: Any) -> Any:
    """A value of any shape, bounded, that every JSON reader understands the same."""
    for number, (each, depth) in enumerate(_walk(value, 0)):
        if number > _MOST_VALUES:
            raise ValueError(f"more than {_MOST_VALUES} values, which is what is allowed")
        if depth > _DEEPEST:
            raise ValueError(f"nested deeper than {_DEEPEST}, which is what is allowed")
        if isinstance(each, float) and not math.isfinite(each):
            raise ValueError(f"given {each}, allowed is a finite number")
        if isinstance(each, int) and abs(each) > _LARGEST_INTEGER:
            raise ValueError("an integer beyond 2^53, which not every client can read")
        if isinstance(each, str) and ("\0" in each or not _is_unicode(each)):
            raise ValueError("a text with a NUL or half a character")
    return value


def _walk(value: Any, depth: int) -> Iterator[tuple[Any, int]]:
    yield value, depth
    if depth <= _DEEPEST:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key, depth
                yield from _walk(inner, depth + 1)
        elif isinstance(value, list):
            for inner in value:
                yield from _walk(inner, depth + 1)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _strict_number(value: Any) -> Any:
    """Neither text nor a truth value."""
    if isinstance(value, bool | str):
        raise ValueError("allowed is a number")
    return value


def within_reach(moment: datetime) -> datetime:
    """Far from the ends of the calendar, where offsets and ramps lead out of it."""
    if moment.year not in _YEARS:
        raise ValueError(f"given the year {moment.year}, allowed {_YEARS[0]} to {_YEARS[-1]}")
    return moment


Key = Annotated[str, StringConstraints(pattern=KEY)]
Words = Annotated[str, StringConstraints(max_length=2_000, pattern=_PRINTED)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PRINTED)
]
Attribute = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_PRINTED)]
Tags = Annotated[list[Name], Field(max_length=20)]
PlainJson = Annotated[Any, AfterValidator(plain)]
ConditionIn = Annotated[
    dict[str, Any],
    AfterValidator(plain),
    Field(description='In the engine\'s operators: {"country": {"$in": ["DE", "FR"]}}.'),
]
Share = Annotated[float, BeforeValidator(_strict_number), Field(ge=0, le=1)]
Moment = Annotated[
    AwareDatetime, AfterValidator(within_reach), Field(description="RFC 3339 with its offset.")
]

KeyPath = Annotated[str, Path(pattern=KEY)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=300, description="From the page before.")]
Text = Annotated[str | None, Query(max_length=200, pattern=_PRINTED)]


class WireIn(BaseModel):
    """A misspelt field is an error, not a default."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Kept(BaseModel):
    """What is kept of every definition beside itself."""

    version: Annotated[int, Field(description="Grows by one a change; the ETag, for If-Match.")]
    owner: str
    tags: list[str]
    created_at: datetime
    created_by: str
    updated_at: datetime
