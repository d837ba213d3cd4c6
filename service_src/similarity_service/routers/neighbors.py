"""Apps like a given one."""

from __future__ import annotations

from fastapi import APIRouter, Request

from kindred_service.dependencies import CollaboratorsDep
from kindred_service.interactions import recommendation
from kindred_service.served import served
from similarity_service.schemas import FindSimilarIn, FindSimilarOut
from similarity_service.search import checked_filters, nearest

router = APIRouter(prefix="/api/v1", tags=["similarity"])


@router.post("/find-similar")
async def find_similar(
    query: FindSimilarIn, request: Request, collaborators: CollaboratorsDep
) -> FindSimilarOut:
    """The `top_k` nearest apps that pass the filters, nearest first, the app itself left out."""
    filters = checked_filters(query.filters, collaborators.resolver.catalogue)
    resolved = await collaborators.resolver.resolve(query)
    with served(
        request, collaborators, operation="find_similar", query=query, resolved=resolved
    ) as answer:
        neighbors = await nearest(resolved, filters, k=query.top_k, explain=query.explain)
        collaborators.metrics.count_impression(resolved.arm)
        collaborators.interactions.add(
            recommendation(
                request_id=answer.request_id,
                partner_id=query.partner_id,
                app_id=query.app_id,
                metadata=resolved.metadata,
                model_version=resolved.model.version,
                neighbors=[neighbor.app_id for neighbor in neighbors],
            )
        )
        return FindSimilarOut(
            ab_arm=resolved.arm,
            model_version=resolved.model.version,
            request_id=answer.request_id,
            query_source=resolved.source,
            neighbors=neighbors,
        )
