"""Rejects a candidate that is not to be used, and keeps why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.logging import Logger

from retraining_functions.collaborators import registry, runs
from retraining_functions.machine_state import State, notice, run_id_of

logger = Logger()


def handler(state: State, _context: object) -> dict[str, Any]:
    run_id, evaluation = run_id_of(state), state["evaluation"]
    reason = _reason(state)
    registry().decide(state["package"]["model_package_arn"], "Rejected", reason=reason)
    runs().record_run(
        run_id,
        "archived",
        {
            "reason": reason,
            "model_version": evaluation["model_version"],
            "metrics": evaluation["metrics"],
            "model_package_arn": state["package"]["model_package_arn"],
        },
        datetime.now(UTC),
    )
    logger.info("model archived", run_id=run_id, reason=reason)
    headline = f"{evaluation['model_version']} is archived"
    return {"reason": reason, "notice": notice(state, headline, f"Why: {reason}.")}


def _reason(state: State) -> str:
    """Of the last thing that was decided of it."""
    for step in ("experiment", "removal", "evaluation"):
        if step in state:
            return str(state[step]["reason"])
    return "nothing was decided of it"
