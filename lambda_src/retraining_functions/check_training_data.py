"""Counts and checksums a run's data set, and keeps what drift is measured against beside it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.logging import Logger

from kindred.drift.reference import Reference
from kindred.similarity.ranking_quality import K
from retraining_functions.collaborators import lake, training_data
from retraining_functions.machine_state import State, notice, run_id_of, started_at
from retraining_functions.plan_training_data import WINDOW
from retraining_functions.retraining_settings import settings

logger = Logger()


def handler(state: State, _context: object) -> dict[str, Any]:
    """What is asked for are interactions that can be measured: training fails without them."""
    run_id, until = run_id_of(state), started_at(state)
    data = training_data()
    manifest = data.describe(run_id)
    least = settings().minimum_interactions
    enough = manifest.measurable >= least and manifest.clicks > 0
    counted = f"{manifest.interactions:,} interactions with {manifest.clicks:,} clicks"
    reference_key = f"{data.prefix(run_id)}/reference.json"
    if enough:
        since = until - WINDOW
        reference = Reference(
            source=f"the {WINDOW.days} days that run {run_id} was trained on, to {until:%Y-%m-%d}",
            distributions=lake().distributions(since, until),
            error=lake().prediction_error(since, until),
        )
        data.write(reference_key, reference.to_json())
    measurable = (
        f"{manifest.measurable:,} of {manifest.interactions:,} lists are longer than {K}; at least "
        f"{least:,} such lists and a click are needed, since of shorter ones the recall@{K} of the "
        "model that made them is 1 by construction."
    )
    logger.info("training data checked", run_id=run_id, counted=counted, said=measurable)
    headline = f"{counted}: enough" if enough else f"{counted}: not enough, nothing is trained"
    return {
        "enough": enough,
        "interactions": manifest.interactions,
        "measurable": manifest.measurable,
        "clicks": manifest.clicks,
        "manifest_key": manifest.key,
        "manifest_sha256": manifest.sha256,
        "reference_key": reference_key,
        "notice": notice(state, headline, measurable),
    }
