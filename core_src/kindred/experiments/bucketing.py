"""Named functions that turn a unit into a bucket and a bucket into an arm."""

from __future__ import annotations

import hashlib
from typing import Literal

Arm = Literal["v1", "v2"]
ARMS: tuple[Arm, Arm] = ("v1", "v2")


def pick_arm(partner_id: str, app_id: str, v1_weight: float = 0.5) -> Arm:
    """The embedding experiment's arm: MD5 of `partner_id:app_id` into 100 buckets.

    Kept as the requirements state it, bucket for bucket, so that units which were assigned
    elsewhere by the same rule stay where they are. `v1_weight` is a share in [0, 1]; it acts in
    steps of one percent. MD5 spreads units here and protects nothing.
    """
    key = f"{partner_id}:{app_id}".encode()
    bucket = int.from_bytes(hashlib.md5(key, usedforsecurity=False).digest(), "big") % 100
    return "v1" if bucket < v1_weight * 100 else "v2"
