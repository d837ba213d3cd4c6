"""How an app will perform."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request

from kindred_service.dependencies import CollaboratorsDep
from kindred_service.interactions import predicted_performance
from kindred_service.served import elapsed_ms, served
from prediction_service.evidence import (
    checked_neighbours,
    expected_performance,
    found_neighbours,
)
from prediction_service.schemas import IntervalOut, PredictIn, PredictionOut, PredictOut, SegmentOut

router = APIRouter(prefix="/api/v1", tags=["prediction"])


@router.post("/predict")
async def predict(
    query: PredictIn, request: Request, collaborators: CollaboratorsDep
) -> PredictOut:
    """The performance to expect, from the neighbours' own, with an interval."""
    given = checked_neighbours(query, collaborators.resolver.catalogue)
    resolved = await collaborators.resolver.resolve(query)
    with served(
        request, collaborators, operation="predict", query=query, resolved=resolved
    ) as answer:
        neighbours = given if given is not None else await found_neighbours(resolved)
        prediction = expected_performance(resolved, neighbours)
        answer.predicted_score = prediction.score
        collaborators.interactions.add(
            predicted_performance(
                event_id=answer.request_id,
                partner_id=query.partner_id,
                app_id=query.app_id,
                model_version=resolved.model.version,
                score=prediction.score,
                request_id=answer.request_id,
            )
        )
        return PredictOut(
            ab_arm=resolved.arm,
            model_version=resolved.model.version,
            request_id=answer.request_id,
            query_source=resolved.source,
            prediction=PredictionOut(
                score=prediction.score,
                interval=IntervalOut(low=prediction.low, high=prediction.high),
                segments=[SegmentOut(**asdict(segment)) for segment in prediction.segments],
                measure=prediction.measure,
                evidence_count=prediction.evidence_count,
                thin=prediction.thin,
            ),
            latency_ms=elapsed_ms(request),
        )
