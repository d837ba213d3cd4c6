"""Manifests of images, of which a digest is the name: read, and joined over processors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
INDEXES = (INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
IMAGES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ATTESTATION = "vnd.docker.reference.type"


class UnexpectedManifest(Exception):
    """A registry holds something else than what was built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Its exact text, since the digest is of that."""

    text: str
    media_type: str

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.text)
        return document

    @property
    def is_index(self) -> bool:
        return self.media_type in INDEXES

    @property
    def children(self) -> tuple[str, ...]:
        """Digests of what an index names: images, and what is attested of them."""
        return tuple(each["digest"] for each in self.document.get("manifests", ()))

    @property
    def blobs(self) -> tuple[str, ...]:
        """Digests of an image's configuration and layers."""
        document = self.document
        if self.is_index:
            return ()
        return tuple(each["digest"] for each in (document["config"], *document["layers"]))

    @property
    def platforms(self) -> dict[str, str]:
        """Digests of an index's images by `linux/amd64` and the like."""
        return {
            f"{each['platform']['os']}/{each['platform']['architecture']}": each["digest"]
            for each in self.document.get("manifests", ())
            if _ATTESTATION not in each.get("annotations", {})
        }


def joined(indexes: Mapping[str, Manifest]) -> Manifest:
    """One index over those of each platform, what is attested of the images included.

    Raises UnexpectedManifest where an index is of another platform, or of more than one.
    """
    entries: list[Any] = []
    for platform, index in sorted(indexes.items()):
        found = sorted(index.platforms)
        if found != [platform]:
            raise UnexpectedManifest(f"built for {platform}, found {', '.join(found) or 'nothing'}")
        entries += index.document["manifests"]
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
    return Manifest(text=json.dumps(document, separators=(",", ":")), media_type=INDEX)


def attested(index: Manifest, *, platforms: Sequence[str]) -> None:
    """Raises UnexpectedManifest where nothing is attested of an image."""
    about = {
        each["annotations"]["vnd.docker.reference.digest"]
        for each in index.document["manifests"]
        if _ATTESTATION in each.get("annotations", {})
    }
    bare = [each for each in platforms if index.platforms.get(each) not in about]
    if bare:
        raise UnexpectedManifest(f"no bill of materials for {', '.join(bare)}")
