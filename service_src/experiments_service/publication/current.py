"""What is published now, for a route that cannot answer without it, and how old it is."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends

from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.publication.published import Published
from experiments_service.publication.publisher import NothingPublished
from kindred.problem_details import Refusal


async def get_published(collaborators: CollaboratorsDep) -> Published:
    try:
        return collaborators.publisher.published
    except NothingPublished as error:
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            str(error),
            slug="nothing-published",
            headers={"Retry-After": "5"},
        ) from error


PublishedDep = Annotated[Published, Depends(get_published)]


def record_age(collaborators: ExperimentCollaborators) -> None:
    """Nothing while nothing is held: `readyz` says that."""
    if (age_seconds := collaborators.publisher.state.age_seconds) is not None:
        collaborators.metrics.set("definitions_age_seconds", age_seconds)
