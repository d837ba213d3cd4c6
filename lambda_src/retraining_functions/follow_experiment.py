"""Follows a candidate's experiment, which is decided daily elsewhere, to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.retraining.following import Step, follow
from kindred_aws.model_experiments import ExperimentConflict
from retraining_functions.collaborators import experiments, runs, training_data
from retraining_functions.drift_reference import keep_reference
from retraining_functions.machine_state import (
    State,
    notice,
    run_id_of,
    scaled_seconds,
    seconds_to_next_look,
)
from retraining_functions.retraining_settings import settings

logger = Logger()


def handler(state: State, _context: object) -> dict[str, Any]:
    run_id, current = run_id_of(state), experiments().current()
    candidate, baseline = (state["plan"][f"{each}_version"] for each in ("candidate", "baseline"))
    step = follow(current, run_id=run_id, candidate=candidate)
    if step.end_with and current:
        try:
            experiments().end(current, winner=step.end_with, reason=step.reason)
        except ExperimentConflict as changed:
            step = Step(outcome="following", traffic=step.traffic, reason=str(changed))
    looks = int(state.get("experiment", {}).get("looks", 0)) + 1
    seconds = seconds_to_next_look(looks, settings().watch_hours)
    if step.outcome == "promoted":
        # From here on the old model only waits to be retired: the next run may begin.
        said = {"reason": step.reason, "version": candidate, "baseline": baseline}
        runs().record_run(run_id, "promoted", said, datetime.now(UTC))
        keep_reference(training_data(), state["data"]["reference_key"])
        seconds = settings().retire_after_days * 86_400
    before = state.get("experiment", {}).get("traffic")
    logger.info("experiment followed", run_id=run_id, step=step)
    return {
        "outcome": step.outcome,
        "changed": before != step.traffic,
        "traffic": step.traffic,
        "reason": step.reason,
        "looks": looks,
        "wait_seconds": scaled_seconds(seconds, settings().rollout_minute_seconds),
        "notice": notice(state, f"{candidate}: {step.outcome.replace('_', ' ')}", step.reason),
    }
