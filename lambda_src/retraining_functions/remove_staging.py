"""Removes the staging endpoint, whatever came of it, and says what did."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.logging import Logger

from retraining_functions.collaborators import staging
from retraining_functions.machine_state import State, notice, run_id_of, scaled_seconds
from retraining_functions.retraining_settings import settings

logger = Logger()
_LOOK_AGAIN_SECONDS = 15
_TESTS = ("regression", "simulation")


def handler(state: State, _context: object) -> dict[str, Any]:
    run_id = run_id_of(state)
    removed = staging().remove(run_id)
    passed = all(state.get(test, {}).get("passed") is True for test in _TESTS)
    reason = _reason(state, passed=passed)
    logger.info("staging removed", run_id=run_id, removed=removed, passed=passed, reason=reason)
    headline = "staging passed" if passed else "staging failed"
    return {
        "removed": removed,
        "passed": passed,
        "reason": reason,
        "wait_seconds": scaled_seconds(_LOOK_AGAIN_SECONDS, settings().rollout_minute_seconds),
        "notice": notice(state, headline, f"Why: {reason}."),
    }


def _reason(state: State, *, passed: bool) -> str:
    """Of the first test that failed; where there was none, of what kept it from being done."""
    if passed:
        return "; ".join(state[test]["reason"] for test in _TESTS)
    for test in _TESTS:
        if test in state and not state[test]["passed"]:
            return str(state[test]["reason"])
    if "error" in state:
        error = state["error"]
        return f"{error.get('Error', 'error')}: {error.get('Cause', 'no cause given')}"[:1000]
    return f"the staging endpoint is {state.get('staging', {}).get('status', 'absent')}"
