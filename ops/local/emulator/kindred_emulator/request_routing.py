"""Where a load balancer sends a request: rewritten paths and weighted target groups. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any


def rewrite_path(path: str, rewrites: Sequence[tuple[str, str]]) -> str:
    """The path after a rule's rewrites; `$1` is the first group, as in the templates."""
    for pattern, replacement in rewrites:
        path = re.sub(pattern, re.sub(r"\$(\d)", r"\\\1", replacement), path, count=1)
    return path


def choose_group(
    groups: Sequence[Mapping[str, Any]], targets: Mapping[str, Sequence[Any]], draw: float
) -> str:
    """The group that a draw from [0, 1) falls on, in proportion to the weights.

    Groups without a target are left out: the two groups of a canary deployment carry weights
    that ECS rewrites on AWS, and nothing rewrites them here.
    """
    serving = [group for group in groups if targets.get(group["TargetGroupArn"])] or list(groups)
    weights = [float(group.get("Weight", 1)) for group in serving]
    if not any(weights):
        weights = [1.0] * len(serving)
    threshold = draw * sum(weights)
    for group, weight in zip(serving, weights, strict=True):
        threshold -= weight
        if threshold < 0:
            return str(group["TargetGroupArn"])
    return str(serving[-1]["TargetGroupArn"])
