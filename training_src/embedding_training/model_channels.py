"""The channels that bring models: published artefacts, as they lie in S3."""

from __future__ import annotations

import shutil
from pathlib import Path

from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.manifest import MANIFEST, CorruptArtefact, Manifest, ManifestMismatch
from kindred.similarity.versions import LEARNED_ON, number_of


def open_fitted(channel: Path, into: Path) -> Artefact:
    """v2, on which every model is learned. Raises CorruptArtefact."""
    return _open(channel, into, version=LEARNED_ON)


def open_serving(channel: Path, into: Path, *, fitted: Artefact, candidate: str) -> Artefact:
    """The model that a candidate is to be better than, of the same catalogue as `fitted`: a row is
    the same app to both. Raises CorruptArtefact, also for one that is no earlier version."""
    serving = _open(channel, into)
    of, wanted = serving.manifest, fitted.manifest
    if number_of(of.version) >= number_of(candidate):
        raise ManifestMismatch(
            f"channel {channel.name}", expected=f"a model before {candidate}", got=of.version
        )
    if of.catalogue_sha256 != wanted.catalogue_sha256:
        raise ManifestMismatch(
            f"channel {channel.name}",
            expected=f"catalogue {wanted.catalogue_sha256[:12]}, on which {wanted.version} was "
            "fitted (`kindred catalogue fit` gives both the same)",
            got=f"{of.version} on catalogue {of.catalogue_sha256[:12]}",
        )
    return serving


def _open(channel: Path, into: Path, *, version: str | None = None) -> Artefact:
    """Lays each file of the manifest where an artefact has it, and verifies all of them.

    The store keeps a file under the first twelve digits of its checksum, so that other versions'
    files may lie beside; only the manifest's are taken. Raises CorruptArtefact.
    """
    path = channel / MANIFEST
    if not path.is_file():
        raise CorruptArtefact(
            MANIFEST, expected=f"a manifest in channel {channel.name}", got="no file"
        )
    content = path.read_bytes()
    for name, file in Manifest.from_json(content).files.items():
        source = channel / file.sha256[:12] / name
        if not source.is_file():
            raise CorruptArtefact(name, expected=f"{file.bytes} bytes", got=f"no {source.name}")
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, into / name)
    (into / MANIFEST).write_bytes(content)
    return load_artefact(into, version=version)
