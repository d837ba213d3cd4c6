"""Approves a candidate, once its artefact lies where services load models from."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.retraining.generations import NoGeneration, next_generation
from retraining_functions.collaborators import artefacts, experiments, registry, trained_model
from retraining_functions.machine_state import State, notice, run_id_of

logger = Logger()


def handler(state: State, _context: object) -> dict[str, Any]:
    """Publishing the same files again changes nothing. Raises NoGeneration where the version has
    come to serve people since the run was planned: they would get another model unasked."""
    run_id, evaluation = run_id_of(state), state["evaluation"]
    version, arn = state["plan"]["candidate_version"], state["package"]["model_package_arn"]
    current = experiments().current()
    if not (current and current.run_id == run_id):
        generation = next_generation(current)
        if generation.candidate != version:
            raise NoGeneration(f"{version} was planned, and {generation.candidate} is next now")
    model = trained_model(evaluation["model_data_url"], sha256=evaluation["model_data_sha256"])
    manifest = artefacts().publish(model.directory, version)
    reason = state["removal"]["reason"]
    registry().decide(arn, "Approved", reason=reason)
    logger.info("model approved", run_id=run_id, model_version=manifest.model_version)
    return {
        "model_package_arn": arn,
        "version": version,
        "model_version": manifest.model_version,
        "notice": notice(state, f"{manifest.model_version} is approved", f"Why: {reason}."),
    }
