"""Records of a feature group as values: types, identity and moment. Pure.

Source: Amazon SageMaker Developer Guide, "Feature Store: supported data types".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops.local.sagemaker.operation import Refusal

Definition = Mapping[str, str]
LARGEST_INTEGRAL = 2**63 - 1
# Columns that the offline store adds to a record.
ADDED = ("write_time", "api_invocation_time", "is_deleted")


@dataclass(frozen=True, slots=True)
class FeatureRecord:
    """Values as they were given, by feature, with the record's identity and moment."""

    identifier: str
    moment: datetime
    values: Mapping[str, str]


def read_record(
    record: Sequence[Mapping[str, Any]], definitions: Sequence[Definition], *, id_: str, time: str
) -> FeatureRecord:
    """From PutRecord; `id_` and `time` name the features of identity and moment. Raises Refusal."""
    types = {held["FeatureName"]: held["FeatureType"] for held in definitions}
    values: dict[str, str] = {}
    for feature in record:
        name = feature["FeatureName"]
        if name not in types:
            raise refused(f"feature {name} is not of the group: it has {', '.join(types)}")
        if name in values:
            raise refused(f"feature {name} is given twice")
        if "ValueAsString" not in feature:
            raise refused(f"feature {name}: collections are not carried here")
        as_type(types[name], feature["ValueAsString"], name)
        values[name] = feature["ValueAsString"]
    for name in (id_, time):
        if not values.get(name):
            raise refused(f"feature {name} is missing: the group needs it of every record")
    return FeatureRecord(values[id_], read_moment(values[time], types[time]), values)


def as_type(kind: str, text: str, name: str) -> int | float | str:
    """The value of a feature of this type. Raises Refusal."""
    try:
        if kind == "Integral":
            number = int(text)
            if abs(number) > LARGEST_INTEGRAL:
                raise ValueError("beyond 64 bits")
            return number
        if kind == "Fractional":
            fraction = float(text)
            if not math.isfinite(fraction):
                raise ValueError("not finite")
            return fraction
    except ValueError as error:
        raise refused(f"feature {name}: given {text!r}, which is not {kind}: {error}") from error
    return text


def read_moment(text: str, kind: str) -> datetime:
    """Seconds since 1970, or text in ISO 8601 with its zone. Raises Refusal."""
    try:
        if kind in ("Fractional", "Integral"):
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise refused(f"event time: given {text!r}: {error}") from error
    if moment.tzinfo is None:
        raise refused(f"event time: given {text!r}, which has no zone, as in 2026-01-02T03:04:05Z")
    return moment.astimezone(UTC)


def refused(message: str) -> Refusal:
    """What the runtime answers mistakes with."""
    return Refusal("ValidationError", message)
