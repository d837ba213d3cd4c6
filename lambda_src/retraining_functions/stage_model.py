"""Puts a candidate onto the staging endpoint."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred_aws.staging_endpoint import StagedModel, Status
from retraining_functions.collaborators import staging
from retraining_functions.machine_state import State, notice, run_id_of, scaled_seconds
from retraining_functions.retraining_settings import settings

logger = Logger()
_LOOK_AGAIN_SECONDS = 30


def handler(state: State, _context: object) -> dict[str, Any]:
    status = staging().create(
        run_id_of(state),
        StagedModel(
            image_uri=settings().inference_image_uri,
            model_data_url=state["evaluation"]["model_data_url"],
            role_arn=settings().execution_role_arn,
            instance_type=settings().staging_instance_type,
            key_arn=settings().data_key_arn,
            subnet_ids=settings().subnet_ids,
            security_group_ids=settings().security_group_ids,
        ),
    )
    return staged(state, status)


def staged(state: State, status: Status) -> dict[str, Any]:
    """What the machine goes on by: "clearing", "creating", "in_service" or "failed"."""
    # One that is absent or being deleted will never be in service by waiting.
    shown = status if status in ("clearing", "creating", "in_service") else "failed"
    logger.info("staging endpoint", run_id=state["run_id"], status=status)
    return {
        "endpoint": settings().staging_endpoint,
        "status": shown,
        "wait_seconds": scaled_seconds(_LOOK_AGAIN_SECONDS, settings().rollout_minute_seconds),
        "notice": notice(state, f"the staging endpoint is {status.replace('_', ' ')}"),
    }
