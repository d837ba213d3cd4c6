"""Whether the staging endpoint runs the candidate yet."""

from __future__ import annotations

from typing import Any

from retraining_functions.collaborators import staging
from retraining_functions.machine_state import State, run_id_of
from retraining_functions.stage_model import staged


def handler(state: State, _context: object) -> dict[str, Any]:
    return staged(state, staging().status(run_id_of(state)))
