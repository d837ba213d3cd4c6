"""Lets the candidate meet the old model on synthetic traffic, before it meets people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.retraining.simulation import chances_of_clicks, simulate
from kindred.similarity.artefact import load_artefact
from retraining_functions.collaborators import artefacts, trained_model, work_folder
from retraining_functions.machine_state import State, notice, run_id_of, started_at

logger = Logger()


def handler(state: State, _context: object) -> dict[str, Any]:
    """The same for a run however often it is asked: its id is the seed."""
    run_id, evaluation, plan = run_id_of(state), state["evaluation"], state["plan"]
    model = trained_model(evaluation["model_data_url"], sha256=evaluation["model_data_sha256"])
    baseline = artefacts().download(plan["baseline_version"], work_folder("baseline"))
    chances = chances_of_clicks(
        load_artefact(baseline, version=plan["baseline_version"]),
        load_artefact(model.directory, version=plan["candidate_version"]),
        seed=run_id,
    )
    result = simulate(chances, seed=run_id, now=started_at(state))
    logger.info("experiment simulated", run_id=run_id, result=result)
    headline = "passed the simulated experiment" if result.passed else "lost on synthetic traffic"
    return {
        "passed": result.passed,
        "reason": result.reason,
        "decision": asdict(result),
        "notice": notice(state, headline, f"Why: {result.reason}."),
    }
