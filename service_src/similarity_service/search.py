"""The scan of an index, kept off the event loop, and its hits as they are answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kindred.problem_details import invalid_field
from kindred.similarity.catalogue import Catalogue
from kindred.similarity.explanation import explain as reasons_for
from kindred.similarity.filters import Filters, InvalidFilter, parse_filters
from kindred_service.query import ResolvedQuery
from kindred_service.scans import scan
from kindred_service.wire import app_fields
from similarity_service.schemas import NeighborOut


def checked_filters(
    given: Mapping[str, Sequence[str | float]], catalogue: Catalogue, *, pointer: str = "/filters/"
) -> Filters | None:
    """Raises Refusal, naming the field behind `pointer` and what it allows."""
    if not given:
        return None
    try:
        return parse_filters(given, catalogue)
    except InvalidFilter as error:
        raise invalid_field(
            f"{pointer}{error.field[:64]}", str(error), given=error.given, allowed=[error.allowed]
        ) from error


async def nearest(
    resolved: ResolvedQuery, filters: Filters | None, *, k: int, explain: bool
) -> list[NeighborOut]:
    return await scan(lambda: _nearest(resolved, filters, k, explain))


def _nearest(
    resolved: ResolvedQuery, filters: Filters | None, k: int, explain: bool
) -> list[NeighborOut]:
    artefact = resolved.model.artefact
    mask = filters.mask(artefact.catalogue) if filters else None
    hits = resolved.model.index.search(resolved.vector, k=k, mask=mask, exclude=resolved.row)
    return [
        NeighborOut.model_validate(
            {
                **app_fields(artefact.catalogue.app(hit.row)),
                "similarity": hit.score,
                "reasons": _reasons(resolved, hit.row) if explain else None,
            }
        )
        for hit in hits
    ]


def _reasons(resolved: ResolvedQuery, row: int) -> list[str]:
    reasons = reasons_for(resolved.model.artefact, resolved.metadata, row)
    return [reason.text for reason in reasons]
