"""S3 for those without a database: the payload for functions, the definitions for a new task."""

from __future__ import annotations

from experiments_service.publication.copies import Copy, from_document, to_document
from experiments_service.publication.published import Published
from kindred_aws.definition_store import DefinitionStore


class Handover:
    def __init__(self, *, payloads: DefinitionStore, copies: DefinitionStore) -> None:
        self._payloads = payloads
        self._copies = copies

    def publish(self, published: Published) -> None:
        """Neither overwrites a newer revision."""
        revision = published.revision
        self._payloads.publish(published.snapshot.payload, revision=revision)
        self._copies.publish(to_document(published.copy), revision=revision)

    def fetch(self) -> Copy | None:
        """None where no task has left one. Raises UnreadableCopy."""
        fetched = self._copies.fetch(None)
        return from_document(fetched.payload) if fetched else None
