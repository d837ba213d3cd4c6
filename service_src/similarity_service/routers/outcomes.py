"""What came of a recommendation or a prediction, counted once for the unit's arm."""

from __future__ import annotations

import time
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from kindred.experiments.arm_metrics import Outcome
from kindred.experiments.events import Event
from kindred.problem_details import Refusal
from kindred_service.dependencies import CollaboratorsDep
from kindred_service.interactions import neighbor_click, predicted_performance
from kindred_service.recorder import BufferFull
from similarity_service.schemas import (
    ClickIn,
    ConversionIn,
    OutcomeIn,
    OutcomeOut,
    PerformanceIn,
    SatisfactionIn,
)

router = APIRouter(prefix="/api/v1", tags=["outcomes"])


@router.post("/outcomes", status_code=HTTPStatus.ACCEPTED)
async def create_outcome(outcome: OutcomeIn, collaborators: CollaboratorsDep) -> OutcomeOut:
    """Accepted means kept for the next write, seconds later; 503 means send it again.

    The outcome is credited to the arm that the unit is on when the outcome comes.
    """
    assigned, _ = await collaborators.arms.assign(outcome.partner_id, outcome.app_id)
    kept = Outcome(
        event_id=str(outcome.event_id),
        kind=outcome.type,
        experiment_id=assigned.experiment_id,
        arm=assigned.arm,
        value=_value(outcome),
        at=time.time(),
    )
    try:
        collaborators.recorder.add_outcome(kept)
    except BufferFull as error:
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "outcomes cannot be kept right now; send this one again",
            slug="outcomes-buffer-full",
            headers={"Retry-After": "10"},
        ) from error
    if interaction := _interaction(
        outcome, model_version=collaborators.resolver.models[assigned.arm].version
    ):
        collaborators.interactions.add(interaction)
    return OutcomeOut(event_id=kept.event_id, ab_arm=assigned.arm)


def _interaction(outcome: OutcomeIn, *, model_version: str) -> Event | None:
    """What a model can learn from the outcome, if anything."""
    match outcome:
        case ClickIn(request_id=UUID() as request_id, clicked_app_id=str() as clicked_app_id):
            return neighbor_click(
                event_id=str(outcome.event_id),
                partner_id=outcome.partner_id,
                app_id=outcome.app_id,
                request_id=str(request_id),
                clicked_app_id=clicked_app_id,
            )
        case PerformanceIn():
            return predicted_performance(
                event_id=str(outcome.event_id),
                partner_id=outcome.partner_id,
                app_id=outcome.app_id,
                model_version=model_version,
                score=outcome.predicted,
                observed=outcome.observed,
            )
        case _:
            return None


def _value(outcome: OutcomeIn) -> float:
    match outcome:
        case ConversionIn():
            return outcome.revenue_usd
        case PerformanceIn():
            return abs(outcome.predicted - outcome.observed)
        case SatisfactionIn():
            return outcome.score
        case _:
            return 1.0
