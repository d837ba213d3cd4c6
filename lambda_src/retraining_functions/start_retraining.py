"""Starts retraining: every week, by hand, or when predictions drift, and once for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from kindred.moments import moment
from kindred.retraining.run_names import checked_run_id, drift_run_id, weekly_run_id
from retraining_functions.collaborators import machine, runs
from retraining_functions.retraining_settings import start_settings

logger = Logger()
metrics = Metrics()
_OVER = ("promoted", "archived", "retired")


@metrics.log_metrics
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """A schedule's input, an alarm's event from EventBridge, or a run's id."""
    run_id, reason = _asked(event)
    started = reason is None and machine().start(run_id)
    if reason is None and not started:
        reason = f"{run_id} has been started before"
    metrics.add_metric("RetrainingsStarted", MetricUnit.Count, started)
    logger.info("retraining asked for", run_id=run_id, started=started, reason=reason)
    return {"run_id": run_id, "started": started, "reason": reason}


def _asked(event: Mapping[str, Any]) -> tuple[str, str | None]:
    """The run's id, and why it is not to be started, if so."""
    if event.get("detail-type") == "CloudWatch Alarm State Change":
        alarm, state = event["detail"]["alarmName"], event["detail"]["state"]
        at = moment("state.timestamp", state["timestamp"])
        run_id = drift_run_id(at)
        if state["value"] != "ALARM":
            return run_id, f"{alarm} is {state['value']}"
        if busy := _busy(run_id):
            return run_id, busy
        until = at + timedelta(hours=start_settings().cool_down_hours)
        if not runs().begin_episode(alarm, run_id, now=at, until=until):
            return (
                run_id,
                f"{alarm} has started a run within {start_settings().cool_down_hours:g} hours",
            )
        return run_id, None
    if "run_id" in event:
        run_id = checked_run_id(str(event["run_id"]))
    else:
        run_id = weekly_run_id(moment("scheduled_at", event.get("scheduled_at")))
    return run_id, _busy(run_id)


def _busy(run_id: str) -> str | None:
    """A run that only waits to retire the old model stands in nobody's way."""
    for other in machine().running():
        if other != run_id and runs().outcome(other) not in _OVER:
            return f"{other} is running"
    return None
