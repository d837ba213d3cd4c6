"""Gives the candidate a tenth of the traffic, beside the model that serves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.similarity.versions import FITTED
from kindred_aws.model_experiments import CONTROL_WEIGHT, ExperimentConflict
from retraining_functions.collaborators import experiments
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
    """ "waiting" while people are in another experiment, which nothing but its own end may end."""
    run_id, candidate = run_id_of(state), state["plan"]["candidate_version"]
    current = experiments().current()
    if current and current.status == "active" and current.run_id != run_id:
        between = f"{current.control} against {current.treatment}"
        return _said(state, "waiting", f"the experiment of {between} has not ended")
    if current and current.run_id == run_id:
        experiment_id, control = current.experiment_id, current.control
    else:
        control = current.serving if current else FITTED[0]
        try:
            experiment_id = experiments().start(
                current, run_id=run_id, control=control, treatment=candidate, now=datetime.now(UTC)
            )
        except ExperimentConflict as changed:
            return _said(state, "waiting", str(changed))
    return _said(
        state, "started", f"{experiment_id}: {candidate} gets a tenth of the traffic of {control}"
    )


def _said(state: State, outcome: str, reason: str) -> dict[str, Any]:
    logger.info("experiment", run_id=state["run_id"], outcome=outcome, reason=reason)
    # How often it was waited for; what has started is looked at from the first time on.
    before = int(state.get("experiment", {}).get("looks", 0))
    looks = before + 1 if outcome == "waiting" else 0
    seconds = seconds_to_next_look(looks, settings().watch_hours)
    return {
        "outcome": outcome,
        "reason": reason,
        "looks": looks,
        "traffic": round(1 - CONTROL_WEIGHT, 4) if outcome == "started" else 0.0,
        "wait_seconds": scaled_seconds(seconds, settings().rollout_minute_seconds),
        "notice": notice(state, f"the experiment is {outcome}", f"{reason}."),
    }
