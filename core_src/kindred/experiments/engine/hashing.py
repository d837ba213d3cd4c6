"""The hash that a rule or an experiment names, ready for its units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kindred.experiments.bucketing import BUCKETINGS, HASH_VERSIONS


class Hash(NamedTuple):
    """`bucket` gives a number in [0, `scale`)."""

    bucket: Callable[[str], float]
    scale: int


def compile_hash(definition: Mapping[str, Any], *, seed: str) -> Hash | None:
    """None for a version that is not known here: such a rule includes nobody.

    `bucketing` names one of `BUCKETINGS`; it is ours, and other evaluators read `hashVersion`.
    """
    name = definition.get("bucketing") or HASH_VERSIONS.get(definition.get("hashVersion") or 1)
    if name is None:
        return None
    bucketing = BUCKETINGS[name]
    return Hash(bucketing.prepare(definition.get("seed") or seed), bucketing.scale)
