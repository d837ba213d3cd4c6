"""The manifest of an artefact: what its files are, and what a reader should know of the model."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST = "manifest.json"
_PART = 1 << 20


class CorruptArtefact(RuntimeError):
    """A file is missing, or is not what the manifest says of it."""

    def __init__(self, file: str, *, expected: str, got: str) -> None:
        super().__init__(f"{file}: expected {expected}, got {got}")
        self.file = file
        self.expected = expected
        self.got = got


class ManifestMismatch(CorruptArtefact):
    """The files are whole, but not the ones that were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`files` maps a path relative to the artefact's directory to what the file must be."""

    version: str
    dimension: int
    count: int
    generated: bool
    catalogue_sha256: str
    fit_sha256: str
    files: Mapping[str, StoredFile]
    model_card: Mapping[str, Any]
    format: int = FORMAT

    @property
    def model_version(self) -> str:
        """Names the content: the same files have the same version, wherever they were made."""
        content = json.dumps(
            {path: file.sha256 for path, file in self.files.items()}, sort_keys=True
        )
        return f"{self.version}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    def to_json(self) -> str:
        document = asdict(self) | {"model_version": self.model_version}
        return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Manifest":
        """Raises CorruptArtefact, or ManifestMismatch for another format."""
        document = parse_manifest(text)
        document.pop("model_version", None)
        files = parse_files(document.pop("files", None))
        try:
            manifest = cls(files=files, **document)
        except TypeError as error:
            raise CorruptArtefact(MANIFEST, expected="a model manifest", got=str(error)) from error
        for name, kind in (("version", str), ("dimension", int), ("count", int)):
            if not isinstance(found := getattr(manifest, name), kind):
                raise CorruptArtefact(
                    MANIFEST, expected=f"{name} as {kind.__name__}", got=repr(found)
                )
        return manifest


def parse_manifest(text: str | bytes) -> dict[str, Any]:
    """Raises CorruptArtefact for anything but an object, ManifestMismatch for another format."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise CorruptArtefact(MANIFEST, expected="JSON", got=str(error)) from error
    if not isinstance(document, dict):
        raise CorruptArtefact(MANIFEST, expected="an object", got=type(document).__name__)
    if document.get("format") != FORMAT:
        raise ManifestMismatch(
            MANIFEST, expected=f"format {FORMAT}", got=f"format {document.get('format')!r}"
        )
    return document


def describe_files(directory: Path) -> dict[str, StoredFile]:
    return {
        path.relative_to(directory).as_posix(): describe_file(path)
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def describe_file(path: Path) -> StoredFile:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while part := stream.read(_PART):
            digest.update(part)
    return StoredFile(sha256=digest.hexdigest(), bytes=path.stat().st_size)


def verify_files(directory: Path, files: Mapping[str, StoredFile]) -> None:
    """Raises CorruptArtefact for the first file that is missing or differs."""
    for name, expected in files.items():
        verify_file(name, directory / name, expected)


def verify_file(name: str, path: Path, expected: StoredFile) -> None:
    """Raises CorruptArtefact, which calls the file by its name in the manifest."""
    if not path.is_file():
        raise CorruptArtefact(name, expected=f"{expected.bytes} bytes", got="no such file")
    found = describe_file(path)
    if found != expected:
        raise CorruptArtefact(
            name,
            expected=f"sha256 {expected.sha256} of {expected.bytes} bytes",
            got=f"sha256 {found.sha256} of {found.bytes} bytes",
        )


def parse_files(files: object) -> dict[str, StoredFile]:
    """Raises CorruptArtefact for an entry that is no file, or a path out of the directory."""
    try:
        parsed = {path: StoredFile(**file) for path, file in files.items()}  # type: ignore[attr-defined]
    except (TypeError, AttributeError) as error:
        raise CorruptArtefact(MANIFEST, expected="files by path", got=str(error)) from error
    for path in parsed:
        if path.startswith("/") or ".." in path.split("/") or "\\" in path:
            raise CorruptArtefact(MANIFEST, expected="paths inside the artefact", got=path)
    return parsed
