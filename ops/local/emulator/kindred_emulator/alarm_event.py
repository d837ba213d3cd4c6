"""What CloudWatch tells EventBridge of an alarm. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def alarm_event(
    alarm: Mapping[str, Any], old_state: str, new_state: str, reason: str
) -> dict[str, Any]:
    """The event's detail; the moment before is not kept here, and left out.

    Source: Amazon CloudWatch User Guide, "Alarm events and EventBridge".
    """
    changed = datetime.fromtimestamp(float(alarm.get("StateUpdatedTimestamp", 0)), UTC)
    dimensions = {held["Name"]: held["Value"] for held in alarm.get("Dimensions") or []}
    detail: dict[str, Any] = {
        "alarmName": alarm["AlarmName"],
        "configuration": {"description": alarm.get("AlarmDescription") or ""},
        "previousState": {"value": old_state},
        "state": {
            "value": new_state,
            "reason": reason,
            "timestamp": changed.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        },
    }
    if alarm.get("MetricName"):
        metric = {
            "namespace": alarm["Namespace"],
            "name": alarm["MetricName"],
            "dimensions": dimensions,
        }
        stat = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
        detail["configuration"]["metrics"] = [
            {
                "id": "m1",
                "metricStat": {"metric": metric, "period": alarm.get("Period"), "stat": stat},
                "returnData": True,
            }
        ]
    return detail
