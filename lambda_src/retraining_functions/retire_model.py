"""Retires the model that was replaced, unless it serves somebody again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.logging import Logger

from retraining_functions.collaborators import experiments, registry, runs
from retraining_functions.machine_state import State, notice, run_id_of

logger = Logger()


def handler(state: State, _context: object) -> dict[str, Any]:
    """Its packages are rejected. Its artefact stays: what an old answer came from can be seen."""
    run_id, old = run_id_of(state), state["plan"]["baseline_version"]
    current = experiments().current()
    if current is None or old in (current.serving, *_compared(current)):
        reason = f"{old} serves people" if current else "there is no record of an experiment"
        logger.warning("model not retired", run_id=run_id, reason=reason)
        return {
            "retired": False,
            "reason": reason,
            "notice": notice(state, f"{old} is not retired", f"Why: {reason}."),
        }
    reason = f"{current.serving} has replaced {old}"
    for arn in registry().approved():
        if registry().lineage(arn).get("version") == old:
            registry().decide(arn, "Rejected", reason=f"retired: {reason}")
    runs().record_run(run_id, "retired", {"reason": reason, "version": old}, datetime.now(UTC))
    logger.info("model retired", run_id=run_id, version=old)
    return {
        "retired": True,
        "reason": reason,
        "notice": notice(state, f"{old} is retired", f"Why: {reason}."),
    }


def _compared(current: Any) -> tuple[str, ...]:
    return (current.control, current.treatment) if current.status == "active" else ()
