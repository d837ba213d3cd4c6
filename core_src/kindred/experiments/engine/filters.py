"""Mutual exclusion: shares of a namespace that a unit has to fall into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kindred.experiments.bucketing import BUCKETINGS, HASH_VERSIONS
from kindred.experiments.engine.attribute_values import unit_text
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.ranges import choose_variation

Admits = Callable[[Context], bool]
AdmitsUnit = Callable[[str], bool]


def compile_filters(filters: Sequence[Mapping[str, Any]]) -> Admits:
    """Whether every filter has the unit in one of its ranges."""
    compiled = [_compile_filter(one) for one in filters]
    return lambda context: all(admits(context) for admits in compiled)


def compile_namespace(namespace: Sequence[Any]) -> AdmitsUnit:
    """`namespace` is its name and the half-open range of it that is taken."""
    name, start, end = namespace
    bucket = BUCKETINGS["fnv1a-v1"].prepare(f"__{name}")
    return lambda unit: start <= bucket(unit) < end


def _compile_filter(one: Mapping[str, Any]) -> Admits:
    attribute = one.get("attribute") or "id"
    ranges = [tuple(share) for share in one["ranges"]]
    bucketing = HASH_VERSIONS.get(one.get("hashVersion", 2))
    if bucketing is None:
        return lambda _: False
    bucket = BUCKETINGS[bucketing].prepare(one.get("seed") or "")

    def admits(context: Context) -> bool:
        unit = unit_text(context.attributes.get(attribute))
        return unit != "" and choose_variation(bucket(unit), ranges) >= 0

    return admits
