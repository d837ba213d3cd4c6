"""The manifest of a catalogue: its files, and the imports it was made of."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from kindred.similarity.manifest import (
    FORMAT,
    MANIFEST,
    CorruptArtefact,
    StoredFile,
    parse_files,
    parse_manifest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One import, by the content of its file: the same content need not be read again."""

    file: str
    sha256: str
    format: str
    rows: int
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueManifest:
    count: int
    generated: bool
    catalogue_sha256: str
    sources: Mapping[str, int]  # apps by source
    imports: tuple[ImportRecord, ...]
    files: Mapping[str, StoredFile]
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "CatalogueManifest":
        """Raises CorruptArtefact, or ManifestMismatch for another format."""
        document = parse_manifest(text)
        files = parse_files(document.pop("files", None))
        try:
            imports = tuple(ImportRecord(**record) for record in document.pop("imports"))
            return cls(files=files, imports=imports, **document)
        except (TypeError, KeyError) as error:
            raise CorruptArtefact(
                MANIFEST, expected="a catalogue's manifest", got=str(error)
            ) from error
