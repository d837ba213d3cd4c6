"""Schedules of a rollout's functions come as often as a minute of a rollout lasts.

`rate(1 minute)` is AWS's finest; a function that is told `ROLLOUT_MINUTE_SECONDS` counts in these.
"""

from __future__ import annotations

import time
from typing import Any

from ministack.services import eventbridge, lambda_svc, scheduler

from .sagemaker_connection import AWS_MINUTE_SECONDS, MINUTE_VARIABLE

TICK_SECONDS = 0.5


def install() -> None:
    """Before each look at the schedules, make due those whose shorter time is over."""
    tick = scheduler._tick_schedules

    def ticked() -> None:
        for key, schedule in list(scheduler._schedules._data.items()):
            _hasten(key, schedule, now=time.time())
        tick()

    scheduler._tick_schedules = ticked
    scheduler._SCHEDULE_TICK_INTERVAL = TICK_SECONDS


def _hasten(key: Any, schedule: dict[str, Any], *, now: float) -> None:
    interval = eventbridge._parse_rate_seconds(schedule.get("ScheduleExpression", ""))
    minute_seconds = _minute_seconds((schedule.get("Target") or {}).get("Arn", ""))
    if not interval or minute_seconds is None:
        return
    last = scheduler._schedule_last_fired.get(key, schedule.get("CreationDate", now))
    if now - last >= interval * minute_seconds / AWS_MINUTE_SECONDS:
        scheduler._schedule_last_fired[key] = now - interval


def _minute_seconds(target_arn: str) -> float | None:
    """As the target's environment has it; None of other targets."""
    if ":lambda:" not in target_arn:
        return None
    function, _, _ = lambda_svc._get_func_record_for_ref(target_arn)
    declared = ((function or {}).get("config", {}).get("Environment") or {}).get("Variables", {})
    text = declared.get(MINUTE_VARIABLE)
    return float(text) if text else None
