"""Schedules of a rollout's functions come as often as a minute of a rollout lasts.

`rate(1 minute)` is AWS's finest; a function that is told `ROLLOUT_MINUTE_SECONDS` counts in these.
The function itself works no faster for that: while it does, it is not called by the clock again.
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
    is_due = now - last >= interval * minute_seconds / AWS_MINUTE_SECONDS
    if is_due and not _is_working(schedule["Target"]["Arn"]):
        scheduler._schedule_last_fired[key] = now - interval


def _minute_seconds(target_arn: str) -> float | None:
    """As the target's environment has it; None of other targets."""
    if ":lambda:" not in target_arn:
        return None
    declared = (_configuration(target_arn).get("Environment") or {}).get("Variables", {})
    text = declared.get(MINUTE_VARIABLE)
    return float(text) if text else None


def _is_working(function_arn: str) -> bool:
    _, calls = lambda_svc.executions_in_flight()
    return lambda_svc._inflight_key(_configuration(function_arn)) in calls


def _configuration(function_arn: str) -> dict[str, Any]:
    function, _, _ = lambda_svc._get_func_record_for_ref(function_arn)
    return (function or {}).get("config") or {}
