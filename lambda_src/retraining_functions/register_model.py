"""Registers a trained model as a package that waits for approval, with where it came from."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred_aws.model_registry import NewPackage
from retraining_functions.collaborators import registry
from retraining_functions.machine_state import State, notice, run_id_of
from retraining_functions.retraining_settings import settings

logger = Logger()
_METRICS = ("recall_at_10", "precision_at_10", "map", "baseline_recall_at_10")


def handler(state: State, _context: object) -> dict[str, Any]:
    run_id, evaluation = run_id_of(state), state["evaluation"]
    arn = registry().register(
        NewPackage(
            run_id=run_id,
            description=f"{evaluation['model_version']}: {evaluation['reason']}",
            image_uri=settings().inference_image_uri,
            model_data_url=evaluation["model_data_url"],
            evaluation_url=evaluation["evaluation_url"],
            lineage=_lineage(state),
        )
    )
    logger.info("model registered", run_id=run_id, model_package_arn=arn)
    return {
        "model_package_arn": arn,
        "notice": notice(
            state, f"{evaluation['model_version']} is registered", evaluation["reason"], arn
        ),
    }


def _lineage(state: State) -> dict[str, str]:
    evaluation, metrics = state["evaluation"], state["evaluation"]["metrics"]
    return {
        "run_id": state["run_id"],
        "version": state["plan"]["candidate_version"],
        "model_version": evaluation["model_version"],
        "baseline_version": state["plan"]["baseline_version"],
        "training_job_arn": state["training"]["TrainingJobArn"],
        "dataset_manifest_key": state["data"]["manifest_key"],
        "dataset_manifest_sha256": state["data"]["manifest_sha256"],
        "model_data_sha256": evaluation["model_data_sha256"],
        "code_version": settings().code_version,
    } | {name: f"{metrics[name]:.6f}" for name in _METRICS if name in metrics}
