"""Says what a run is to train, out of what, and under which names."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.retraining.generations import NoGeneration, next_generation
from kindred.similarity.versions import LEARNED_ON
from kindred_aws.interaction_query import interactions_query
from retraining_functions.collaborators import experiments, tables, training_data
from retraining_functions.machine_state import State, notice, run_id_of, started_at
from retraining_functions.retraining_settings import settings

logger = Logger()
# The requirements': the last 30 days of predictions and what came of them.
WINDOW = timedelta(days=30)


def handler(state: State, _context: object) -> dict[str, Any]:
    """The same for a run however often it is asked: everything follows from its id and start."""
    run_id, until = run_id_of(state), started_at(state)
    try:
        generation = next_generation(experiments().current())
    except NoGeneration as reason:
        logger.info("nothing to train", run_id=run_id, reason=str(reason))
        return {
            "ready": False,
            "reason": str(reason),
            "notice": notice(state, "nothing to train", f"Why: {reason}."),
        }
    data = training_data()
    dataset_uri = data.uri(run_id, "interactions")
    published = f"s3://{settings().embeddings_bucket}/embeddings"
    planned = {
        "ready": True,
        "training_job_name": f"{settings().training_job_prefix}{run_id}",
        "baseline_version": generation.baseline,
        "candidate_version": generation.candidate,
        "query": interactions_query(
            tables(),
            since=until - WINDOW,
            until=until,
            most=settings().maximum_interactions,
            unload_to=dataset_uri,
        ),
        # Athena answers a repeated token with the execution that it began the first time.
        "client_request_token": hashlib.sha256(f"interactions {run_id}".encode()).hexdigest(),
        "dataset_prefix": f"{data.prefix(run_id)}/interactions/",
        "interactions_uri": dataset_uri,
        "embeddings_uri": f"{published}/{LEARNED_ON}/",
        # The same while v2 serves: a job has the channels that the machine's definition names.
        "serving_uri": f"{published}/{generation.baseline}/",
        # Not below the run's own data, which ends: an endpoint fetches its model for years.
        "output_uri": f"s3://{data.bucket}/models/{run_id}/",
        "checkpoint_uri": data.uri(run_id, "checkpoints"),
    }
    logger.info("training planned", run_id=run_id, generation=generation)
    return planned | {"notice": notice(state, f"training {generation.candidate}")}
