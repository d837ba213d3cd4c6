"""What an experiment has shown so far, and what may be decided from it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from botocore.exceptions import BotoCoreError, ClientError
from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse

from experiments_service.database.models import Definition
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.documents import experiment_of
from experiments_service.entity_tags import matches
from experiments_service.identity.roles import ViewerDep
from experiments_service.wire import KeyPath
from kindred.experiments.analysis import analyse
from kindred.experiments.counts import Counts
from kindred.experiments.counts_json import counts_json
from kindred.experiments.definitions import Experiment
from kindred.problem_details import Refusal, invalid_field

router = APIRouter(prefix="/api/v1/experiments", tags=["results"])


@router.get("/{key}/results", response_class=JSONResponse)
async def read_results(
    key: KeyPath,
    _: ViewerDep,
    collaborators: CollaboratorsDep,
    segment: Annotated[str | None, Query(max_length=130)] = None,
    if_none_match: Annotated[str | None, Header(max_length=1_000)] = None,
) -> Response:
    """Per metric and variation, by day and by segment, with the decision and its reasons.

    `segment` (`name=value`) leaves the others out. Under an unchanged tag nothing is analysed.
    """
    async with collaborators.reader() as session:
        definition = await session.get(Definition, ("experiment", key))
    if definition is None:
        raise Refusal(
            HTTPStatus.NOT_FOUND, f"no experiment has the key {key!r}", slug="experiment-not-found"
        )
    experiment = experiment_of(definition.document)
    counts = await _counts(key, collaborators)
    if segment is not None and segment not in counts.segments:
        allowed = counts.segments[:20]
        raise invalid_field(
            "segment", "of this one nothing was counted", given=segment, allowed=allowed
        )
    now = datetime.now(UTC)
    tag = _tag(experiment, counts, segment, now)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    if matches(if_none_match, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    shown = await asyncio.to_thread(_analysis, experiment, counts, segment, now)
    return JSONResponse(shown, headers=headers)


async def _counts(key: str, collaborators: CollaboratorsDep) -> Counts:
    try:
        return await asyncio.to_thread(collaborators.counters.read, key)
    except (BotoCoreError, ClientError) as error:
        collaborators.logger.warning("counters unavailable", reason=repr(error)[:500])
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "counters cannot be read right now; ask again",
            slug="counters-unavailable",
            headers={"Retry-After": "5"},
        ) from error


def _analysis(
    experiment: Experiment, counts: Counts, segment: str | None, now: datetime
) -> dict[str, Any]:
    analysis = analyse(experiment, counts, now=now, segment=segment)
    return {**analysis.to_json(), "counts": counts_json(counts)}


def _tag(experiment: Experiment, counts: Counts, segment: str | None, now: datetime) -> str:
    """All that an analysis depends on; of the time it is the day."""
    seen = repr((experiment, counts, segment, now.date()))
    return hashlib.sha256(seen.encode()).hexdigest()[:32]
