"""Named functions that turn a unit into a bucket and a bucket into an arm."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

# An arm of an embedding experiment is the version of the model that its units get: one of
# `kindred.similarity.versions`.
Arm: TypeAlias = str

_OFFSET = 0x811C9DC5
_PRIME = 0x01000193
_MASK = 0xFFFFFFFF
_UTF16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"


class Bucketing(NamedTuple):
    """`prepare(seed)` gives the function from a unit to its bucket, a number in [0, `scale`).

    Ranges of [0, 1] are multiplied by `scale` before a bucket is compared with them, so that each
    function keeps its own rounding.
    """

    name: str
    prepare: Callable[[str], Callable[[str], float]]
    scale: int


def fnv1a32(text: str, state: int = _OFFSET) -> int:
    """FNV-1a of 32 bits over UTF-16 code units, continued from `state`."""
    for unit in _units(text):
        state = (state ^ unit) * _PRIME & _MASK
    return state


def pick_arm(partner_id: str, app_id: str, v1_weight: float = 0.5) -> Literal["v1", "v2"]:
    """The embedding experiment's arm: MD5 of `partner_id:app_id` into 100 buckets.

    Kept as the requirements state it, bucket for bucket, so that units which were assigned
    elsewhere by the same rule stay where they are. `v1_weight` is a share in [0, 1]; it acts in
    steps of one percent. MD5 spreads units here and protects nothing.
    """
    return "v1" if _md5_percent(f"{partner_id}:{app_id}") < v1_weight * 100 else "v2"


def _units(text: str) -> Iterable[int]:
    if text.isascii():
        return text.encode()
    return memoryview(text.encode(_UTF16, "surrogatepass")).cast("H")


def _fnv1a_v1(seed: str) -> Callable[[str], float]:
    suffix = bytes(_units(seed)) if seed.isascii() else None

    def bucket(unit: str) -> float:
        if suffix is None or not unit.isascii():
            return fnv1a32(seed, fnv1a32(unit)) % 1_000 / 1_000
        state = _OFFSET
        for byte in unit.encode() + suffix:
            state = (state ^ byte) * _PRIME & _MASK
        return state % 1_000 / 1_000

    return bucket


def _fnv1a_v2(seed: str) -> Callable[[str], float]:
    seeded = fnv1a32(seed)

    def bucket(unit: str) -> float:
        state = seeded
        for code in unit.encode() if unit.isascii() else _units(unit):
            state = (state ^ code) * _PRIME & _MASK
        digits = b"%d" % state
        state = _OFFSET
        for byte in digits:
            state = (state ^ byte) * _PRIME & _MASK
        return state % 10_000 / 10_000

    return bucket


def _md5_percent(unit: str) -> int:
    digest = hashlib.md5(unit.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest, "big") % 100


# `md5-percent` is `pick_arm` for units spelled `partner_id:app_id`: it knows no seed, so that all
# its experiments share their buckets. Only `fnv1a-v2` is for new experiments.
BUCKETINGS: Mapping[str, Bucketing] = MappingProxyType(
    {
        bucketing.name: bucketing
        for bucketing in (
            Bucketing("fnv1a-v1", _fnv1a_v1, 1),
            Bucketing("fnv1a-v2", _fnv1a_v2, 1),
            Bucketing("md5-percent", lambda _seed: _md5_percent, 100),
        )
    }
)
HASH_VERSIONS: Mapping[int, str] = MappingProxyType({1: "fnv1a-v1", 2: "fnv1a-v2"})
