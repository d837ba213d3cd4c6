"""The neighbours that a prediction rests on, given or looked up, and what they lead to expect."""

from __future__ import annotations

from http import HTTPStatus

from kindred.prediction.performance import Prediction
from kindred.prediction.track_record import NEIGHBOURS, Neighbour, NoTrackRecord
from kindred.problem_details import Refusal, invalid_field
from kindred.similarity.catalogue import AppNotFound, Catalogue
from kindred_service.query import ResolvedQuery
from kindred_service.scans import scan
from prediction_service.schemas import PredictIn


def checked_neighbours(query: PredictIn, catalogue: Catalogue) -> list[Neighbour] | None:
    """Rows and similarities, each app once and never the app itself.

    Raises Refusal for an app that the catalogue does not have.
    """
    if query.neighbors is None:
        return None
    found: dict[int, float] = {}
    for position, neighbour in enumerate(query.neighbors):
        if neighbour.app_id == query.app_id:
            continue
        try:
            found[catalogue.row(neighbour.app_id)] = neighbour.similarity
        except AppNotFound as error:
            raise invalid_field(
                f"/neighbors/{position}/app_id", str(error), given=neighbour.app_id
            ) from error
    return list(found.items())


async def found_neighbours(resolved: ResolvedQuery) -> list[Neighbour]:
    index = resolved.model.index
    hits = await scan(lambda: index.search(resolved.vector, k=NEIGHBOURS, exclude=resolved.row))
    return [(hit.row, hit.score) for hit in hits]


def expected_performance(resolved: ResolvedQuery, neighbours: list[Neighbour]) -> Prediction:
    """Raises Refusal while the catalogue holds no app whose performance is known."""
    try:
        return resolved.model.artefact.performance.predict(
            neighbours,
            category=resolved.metadata.category,
            pricing=resolved.metadata.pricing,
        )
    except NoTrackRecord as error:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error), slug="no-track-record") from error
