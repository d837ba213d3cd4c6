"""Asks the staged candidate golden queries out of its own artefact."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.logging import Logger

from kindred.retraining.regression_tests import Answer, GoldenQuery, golden_queries
from kindred.retraining.regression_tests import run_regression_test as run_test
from kindred.similarity.artefact import load_artefact
from kindred_aws.staging_endpoint import ask_endpoint
from retraining_functions.collaborators import trained_model
from retraining_functions.machine_state import State, notice, run_id_of
from retraining_functions.retraining_settings import settings

if TYPE_CHECKING:
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

logger = Logger()


@cache
def runtime() -> SageMakerRuntimeClient:
    return boto3.client("sagemaker-runtime")


def handler(state: State, _context: object) -> dict[str, Any]:
    run_id, evaluation = run_id_of(state), state["evaluation"]
    model = trained_model(evaluation["model_data_url"], sha256=evaluation["model_data_sha256"])
    artefact = load_artefact(model.directory, version=model.manifest.version)

    def ask(query: GoldenQuery) -> Answer:
        return ask_endpoint(runtime(), settings().staging_endpoint, query)

    result = run_test(
        list(golden_queries(artefact)), ask, model_version=artefact.manifest.model_version
    )
    logger.info("staging tested", run_id=run_id, result=result)
    headline = "the staged model answers as it should" if result.passed else "staging failed"
    return {
        "passed": result.passed,
        "reason": result.reason,
        "checks": asdict(result),
        "notice": notice(state, headline, f"Why: {result.reason}."),
    }
