"""The catalogue that a platform starts with: imported and fitted once, kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import kindred.similarity
from kindred.similarity.catalogue_manifest import CatalogueManifest
from kindred.similarity.versions import FITTED
from kindred_aws.artefact_store import ArtefactNotFound
from ops import catalogue as importer
from ops.catalogue.stores import CatalogueStore, DirectoryStore

CATALOGUES_KEPT = 4
GENERATED_APPS = 2_000
SHARED_FILES = ("apple_store/apps.csv.gz", "google_play/apps.csv.gz")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCatalogue:
    """A catalogue and its fitted models on disk."""

    store: DirectoryStore
    folder: Path
    manifest: CatalogueManifest
    files: tuple[Path, ...]

    @property
    def source(self) -> str:
        """For people: the files it was made of."""
        if not self.files:
            return f"a generator ({self.manifest.count:,} apps with a made-up history)"
        return ", ".join(f"{path.parent.name}/{path.name}" for path in self.files)


def shared_files(root: Path) -> tuple[Path, ...]:
    """The app stores' files beside the project, those that are there."""
    data = root.parent / "shared" / "data"
    return tuple(path for name in SHARED_FILES if (path := data / name).is_file())


def prepare_catalogue(files: Sequence[Path], *, cache: Path, say: Say) -> PreparedCatalogue:
    """Import the files, or generate apps when there are none, and fit the models on them.

    Nothing is done again while files and code are the same. Raises what the importer does for a
    file that it cannot read.
    """
    from ops.catalogue.fits import fit  # SciPy and scikit-learn take a second to load

    catalogues = cache / "local-catalogues"
    folder = catalogues / _digest(files)
    store = DirectoryStore(folder)
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _fill(store, files, folder=folder, say=say)
        (folder / "complete").touch()
    fit(store, versions=FITTED, cache=cache / "fits", progress=say)
    _forget_old(catalogues, keep=folder)
    return PreparedCatalogue(
        store=store,
        folder=folder,
        manifest=store.catalogue_manifest(),
        files=tuple(files),
    )


def kept_catalogue(target: CatalogueStore, *, own: Collection[str]) -> CatalogueManifest | None:
    """The bucket's catalogue if an operator put it there; `own` has the checksums of `up`'s."""
    try:
        found = target.catalogue_manifest()
    except ArtefactNotFound:
        return None
    return None if found.catalogue_sha256 in own else found


def imported_files(manifest: CatalogueManifest) -> str:
    """For people: what an operator's catalogue was made of."""
    files = ", ".join(record.file for record in manifest.imports)
    return files or ", ".join(manifest.sources)


def publish(prepared: PreparedCatalogue, target: CatalogueStore) -> bool:
    """Put catalogue and models into the bucket; whether any of it changed there.

    Models that were trained here come along to another catalogue.
    """
    changed = False
    if _catalogue_sha256(target) != prepared.manifest.catalogue_sha256:
        target.publish_catalogue(prepared.folder / "catalogue")
        changed = True
    for version in FITTED:
        directory = prepared.folder / "embeddings" / version
        if _model_version(target, version) != prepared.store.manifest(version).model_version:
            target.publish(directory, version)
            changed = True
    left_behind = [
        version
        for version in target.published()
        if target.manifest(version).catalogue_sha256 != prepared.manifest.catalogue_sha256
    ]
    if left_behind:
        from ops.catalogue.fits import fit

        fit(target, versions=left_behind)
        changed = True
    return changed


def _fill(store: DirectoryStore, files: Sequence[Path], *, folder: Path, say: Say) -> None:
    from ops.catalogue.generated_apps import generate_apps
    from ops.catalogue.importing import import_file, publish_apps

    if not files:
        say(f"generating {GENERATED_APPS:,} apps")
        apps = generate_apps(GENERATED_APPS)
        publish_apps(store, {app.app_id: app for app in apps}, ())
    for number, path in enumerate(files):
        shown = f"{path.parent.name}/{path.name}"

        def report(done: int, whole: int, shown: str = shown) -> None:
            say(f"importing {shown}: {done / whole:.0%}")

        import_file(
            path,
            store=store,
            rejects=folder / "rejects" / f"{number}-{path.stem}.jsonl",
            progress=report,
        )


def _digest(files: Sequence[Path]) -> str:
    """Of the files, and of the code that reads them and lays the catalogue out."""
    digest = hashlib.sha256()
    for package in (importer, kindred.similarity):
        for path in sorted(Path(package.__path__[0]).glob("*.py")):
            digest.update(path.read_bytes())
    for path in files:
        with path.open("rb") as file:
            digest.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _forget_old(catalogues: Path, *, keep: Path) -> None:
    others = sorted(
        (folder for folder in catalogues.iterdir() if folder != keep),
        key=lambda folder: folder.stat().st_mtime,
    )
    for folder in others[: -(CATALOGUES_KEPT - 1)]:
        shutil.rmtree(folder, ignore_errors=True)


def _catalogue_sha256(store: CatalogueStore) -> str | None:
    try:
        return store.catalogue_manifest().catalogue_sha256
    except ArtefactNotFound:
        return None


def _model_version(store: CatalogueStore, version: str) -> str | None:
    try:
        return store.manifest(version).model_version
    except ArtefactNotFound:
        return None
