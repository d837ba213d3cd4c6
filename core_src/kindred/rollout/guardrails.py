"""A plan in the words of SageMaker's own blue/green deployment."""

from __future__ import annotations

from typing import Any

from kindred.rollout.endpoint_configuration import RolloutSettings
from kindred.rollout.rollout_plan import RolloutPlan


def deployment_config(plan: RolloutPlan, settings: RolloutSettings) -> dict[str, Any]:
    """Linear steps with the plan's bake between them; alarms take the traffic back.

    Times here are AWS's: its minutes have sixty seconds, however long one of a rollout lasts.
    """
    config: dict[str, Any] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "LINEAR",
                "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": plan.step_percent},
                "WaitIntervalInSeconds": plan.bake_minutes * 60,
            },
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": plan.limit_minutes * 60,
        }
    }
    if plan.auto_rollback and settings.alarms:
        alarms = [{"AlarmName": name} for name in settings.alarms]
        config["AutoRollbackConfiguration"] = {"Alarms": alarms}
    return config
