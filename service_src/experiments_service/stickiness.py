"""A request's unit as it was assigned before, and what has to be remembered of it now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.publication.published import Published

Documents = Mapping[str, Mapping[str, Any]]


class Stickiness:
    """`documents` is None where nothing is sticky; `note` takes what an evaluation says."""

    def __init__(self, documents: Documents | None) -> None:
        self.documents = documents
        self.noted: list[Mapping[str, Any]] = []

    def note(self, document: Mapping[str, Any] | None) -> None:
        if document is not None:
            self.noted.append(document)


@asynccontextmanager
async def sticky(
    collaborators: ExperimentCollaborators, published: Published, attributes: Mapping[str, Any]
) -> AsyncIterator[Stickiness]:
    """One round trip to Valkey before and one after, and none while no experiment asks for it."""
    units = collaborators.sticky_units
    asked = [
        (name, value)
        for name in sorted(published.sticky_attributes)
        if isinstance(value := attributes.get(name), str) and value
    ]
    if units is None or not asked:
        yield Stickiness(None)
        return
    stickiness = Stickiness(await units.recall(asked))
    yield stickiness
    await units.remember(stickiness.noted)
