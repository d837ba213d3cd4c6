"""The channel that brings the model to improve on: a published artefact, as it lies in S3."""

from __future__ import annotations

import shutil
from pathlib import Path

from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.manifest import MANIFEST, CorruptArtefact, Manifest

BASELINE = "v2"


def open_baseline(channel: Path, into: Path) -> Artefact:
    """Lays each file of the manifest where an artefact has it, and verifies all of them.

    The store keeps a file under the first twelve digits of its checksum, so that other versions'
    files may lie beside; only the manifest's are taken. Raises CorruptArtefact.
    """
    path = channel / MANIFEST
    if not path.is_file():
        raise CorruptArtefact(MANIFEST, expected="a manifest in channel embeddings", got="no file")
    content = path.read_bytes()
    for name, file in Manifest.from_json(content).files.items():
        source = channel / file.sha256[:12] / name
        if not source.is_file():
            raise CorruptArtefact(name, expected=f"{file.bytes} bytes", got=f"no {source.name}")
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, into / name)
    (into / MANIFEST).write_bytes(content)
    return load_artefact(into, version=BASELINE)
