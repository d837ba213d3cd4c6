"""Verifies what a training job left, and decides whether it is worth an experiment."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.retraining.promotion import judge_promotion, parse_metrics
from kindred.similarity.manifest import MANIFEST, ManifestMismatch
from retraining_functions.collaborators import trained_model, training_data
from retraining_functions.machine_state import State, notice, run_id_of

logger = Logger()


def handler(state: State, _context: object) -> dict[str, Any]:
    """Raises CorruptArtefact for what is broken, or is another version than was planned."""
    run_id, plan = run_id_of(state), state["plan"]
    uri = state["training"]["ModelArtifacts"]["S3ModelArtifacts"]
    model = trained_model(uri)
    if model.manifest.version != plan["candidate_version"]:
        raise ManifestMismatch(
            MANIFEST,
            expected=f"version {plan['candidate_version']}",
            got=f"version {model.manifest.version}",
        )
    metrics = parse_metrics(model.evaluation)
    promotion = judge_promotion(metrics)
    data = training_data()
    key = f"{data.prefix(run_id)}/evaluation.json"
    data.write(key, model.evaluation.decode())
    logger.info("model evaluated", run_id=run_id, promotion=promotion, metrics=metrics)
    version = model.manifest.model_version
    headline = f"{version} goes to staging" if promotion.promote else f"{version} is not better"
    return {
        "promote": promotion.promote,
        "reason": promotion.reason,
        "metrics": metrics,
        "model_data_url": uri,
        "model_data_sha256": model.sha256,
        "model_version": version,
        "evaluation_url": f"s3://{data.bucket}/{key}",
        "notice": notice(state, headline, f"Why: {promotion.reason}."),
    }
