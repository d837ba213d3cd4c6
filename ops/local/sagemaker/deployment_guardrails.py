"""Blue/green updates that SageMaker guards itself: shares of traffic, waits and alarms. Pure.

Source: the SageMaker developer guide, "Use canary traffic shifting" and "Use linear traffic
shifting": each shift is followed by a baking period in which an alarm rolls the update back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AWS_MINUTE_SECONDS = 60.0


def traffic_steps(deployment: Mapping[str, Any] | None, instances: int) -> list[float]:
    """The new fleet's share after each shift, ending with 1; empty without a policy."""
    if not deployment:
        return []
    rolling = deployment.get("RollingUpdatePolicy")
    if rolling:
        return _linear(_share(rolling["MaximumBatchSize"], instances))
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    match routing.get("Type", "ALL_AT_ONCE"):
        case "CANARY":
            return [_share(routing["CanarySize"], instances), 1.0]
        case "LINEAR":
            return _linear(_share(routing["LinearStepSize"], instances))
    return [1.0]


def wait_seconds(deployment: Mapping[str, Any] | None, *, minute_seconds: float) -> float:
    """Between shifts, with a minute as long as it is here."""
    policies = deployment or {}
    routing = policies.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    rolling = policies.get("RollingUpdatePolicy", {})
    wait = float(routing.get("WaitIntervalInSeconds", rolling.get("WaitIntervalInSeconds", 0)))
    return wait * minute_seconds / AWS_MINUTE_SECONDS


def guarding_alarms(deployment: Mapping[str, Any] | None) -> list[str]:
    """Names of the alarms that roll the update back."""
    alarms = (deployment or {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return [alarm["AlarmName"] for alarm in alarms if "AlarmName" in alarm]


def _share(size: Mapping[str, Any], instances: int) -> float:
    value = float(size["Value"])
    share = value / 100 if size["Type"] == "CAPACITY_PERCENT" else value / max(instances, 1)
    return min(share, 1.0)


def _linear(step: float) -> list[float]:
    shares, share = [], step
    while share < 1 - 1e-9:
        shares.append(share)
        share += step
    return [*shares, 1.0]
