"""Target tracking at work: how many instances a variant's invocations ask for.

Source: Application Auto Scaling user guide, "Target tracking scaling policies": out after 3
minutes above the target, in after 15 below nine tenths of it, each with its cooldown; the number
is proportional to the metric. Minutes are those of a rollout.
"""

from __future__ import annotations

import math
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.local.sagemaker.endpoints import Endpoints
from ops.local.sagemaker.invocation import Invocation
from ops.local.sagemaker.operation import Refusal
from ops.local.sagemaker.pace import Pace
from ops.local.sagemaker.variant_targets import ScalableTarget, VariantTargets

OUT_MINUTES = 3
IN_MINUTES = 15
IN_SHARE = 0.9
AWS_MINUTE_SECONDS = 60.0
DEFAULT_COOLDOWN_SECONDS = 300


@dataclass
class _History:
    """Invocations per instance of the latest minutes, and when it was scaled last."""

    per_instance: deque[float] = field(default_factory=lambda: deque(maxlen=IN_MINUTES))
    scaled_at: float = -math.inf


class Autoscaler:
    """Counts invocations, and asks endpoints for other instance counts as AWS's would."""

    def __init__(
        self,
        clock: Callable[[], float],
        pace: Pace,
        targets: VariantTargets,
        endpoints: Endpoints,
    ) -> None:
        self._clock, self._pace, self._targets = clock, pace, targets
        self._endpoints = endpoints
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._history: defaultdict[str, _History] = defaultdict(_History)
        self._minute = pace.minute_of(clock())

    def operations(self) -> dict[tuple[str, str], Any]:
        """None: it is nobody's to call."""
        return {}

    def record(self, invocation: Invocation) -> None:
        with self._lock:
            self._counts[invocation.endpoint.name, invocation.variant] += 1

    def advance(self) -> None:
        """Once a minute, each target."""
        minute = self._pace.minute_of(self._clock())
        if minute == self._minute:
            return
        self._minute = minute
        with self._lock:
            counts, self._counts = self._counts, Counter()
        for resource, target in list(self._targets.targets.items()):
            self._evaluate(resource, target, counts[target.endpoint, target.variant])

    def _evaluate(self, resource: str, target: ScalableTarget, count: int) -> None:
        try:
            endpoint = self._endpoints.endpoint(target.endpoint)
        except Refusal:
            return
        variant, history = endpoint.variants.get(target.variant), self._history[resource]
        if variant is None:
            return
        instances = max(variant.current_instances, 1)
        history.per_instance.append(count / instances)
        if endpoint.status != "InService":
            return
        for policy in target.policies.values():
            tracking = policy["TargetTrackingScalingPolicyConfiguration"]
            wanted = self._wanted(tracking, history, instances)
            if target.suspended.get("DynamicScalingOutSuspended") and wanted > instances:
                wanted = instances
            if target.suspended.get("DynamicScalingInSuspended") and wanted < instances:
                wanted = instances
            wanted = min(max(wanted, target.least), target.most)
            if wanted != variant.desired_instances:
                self._endpoints.scale(endpoint, target.variant, wanted)
                history.scaled_at = self._clock()
                return

    def _wanted(self, tracking: dict[str, Any], history: _History, instances: int) -> int:
        since = self._clock() - history.scaled_at
        scale = self._pace.minute_seconds / AWS_MINUTE_SECONDS
        out_wait = tracking.get("ScaleOutCooldown", DEFAULT_COOLDOWN_SECONDS) * scale
        in_wait = tracking.get("ScaleInCooldown", DEFAULT_COOLDOWN_SECONDS) * scale
        wanted = wanted_instances(list(history.per_instance), tracking["TargetValue"], instances)
        if wanted > instances and since >= out_wait:
            return wanted
        if wanted < instances and since >= in_wait and not tracking.get("DisableScaleIn"):
            return wanted
        return instances


def wanted_instances(per_instance: Sequence[float], target: float, instances: int) -> int:
    """The count that brings the latest minutes' invocations per instance to the target."""
    latest = per_instance[-OUT_MINUTES:]
    if len(latest) == OUT_MINUTES and all(value > target for value in latest):
        return math.ceil(instances * latest[-1] / target)
    quiet = per_instance[-IN_MINUTES:]
    if len(quiet) == IN_MINUTES and all(value < IN_SHARE * target for value in quiet):
        return max(math.ceil(instances * max(quiet) / target), 1)
    return instances
