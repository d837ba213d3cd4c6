"""Brings every unfinished deployment on its way, each time that it is called."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from rollout_functions.rollout_settings import deployments, reconciliation

# What driving one deployment may take.
LEAST_REMAINING_MS = 20_000

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """What became of each, by id. A schedule, a change and SageMaker's events all mean the same.

    A change names its deployment: the index may not have a new one yet.
    Raises the first error after all have had their turn.
    """
    errors: list[Exception] = []
    outcomes = {}
    run = reconciliation(run=str(uuid.uuid4()))
    changed = (event["deployment_id"],) if "deployment_id" in event else ()
    for deployment_id in dict.fromkeys((*changed, *deployments().unfinished())):
        if context.get_remaining_time_in_millis() < LEAST_REMAINING_MS:
            logger.warning("time is up", deployment_id=deployment_id)
            break
        try:
            outcomes[deployment_id] = run.drive(deployment_id)
        except Exception as error:
            logger.exception("deployment not reconciled", deployment_id=deployment_id)
            errors.append(error)
    metrics.add_metric("DeploymentsUnfinished", MetricUnit.Count, len(outcomes) + len(errors))
    metrics.add_metric("ReconcileErrors", MetricUnit.Count, len(errors))
    if outcomes:
        logger.info("reconciled", outcomes=outcomes)
    if errors:
        raise errors[0]
    return outcomes
