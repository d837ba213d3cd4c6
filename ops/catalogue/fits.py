"""Gives the store's catalogue its embedding models: fits v1 and v2, carries over trained ones."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from kindred import prediction, similarity
from kindred.similarity.app import AppMetadata
from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.catalogue import Catalogue
from kindred.similarity.catalogue_manifest import CatalogueManifest
from kindred.similarity.embedding import dimension_of
from kindred.similarity.fitting import embed_all, fit_model
from kindred.similarity.manifest import MANIFEST, CorruptArtefact, Manifest
from kindred.similarity.quality import Quality, measure_quality
from kindred.similarity.versions import FITTED, is_trained
from kindred_aws.artefact_store import ArtefactNotFound
from ops.catalogue.carrying_over import carry_over, is_carried_over, trained_as
from ops.catalogue.fitted_artefact import described_data, write_fitted
from ops.catalogue.stores import CatalogueStore
from ops.file_lock import alone

_SEED = 0
_LEAST_MEASURED = 50  # apps; of fewer, ten neighbours say nothing
_ARITHMETIC = ("numpy", "scipy", "scikit-learn")
Progress = Callable[[str], None]


class UnknownVersion(ValueError):
    def __init__(self, given: str, allowed: Sequence[str]) -> None:
        super().__init__(f"no embedding model {given!r}; allowed: {', '.join(allowed)}")


class NothingToFit(ValueError):
    """The store has no catalogue, or an empty one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitResult:
    version: str
    model_version: str
    outcome: str  # "fitted", "carried over", "from cache" or "unchanged"
    seconds: float
    manifest: Manifest


def fit(
    store: CatalogueStore,
    *,
    versions: Sequence[str] = (),
    cache: Path | None = None,
    force: bool = False,
    evaluate: bool = False,
    progress: Progress | None = None,
) -> list[FitResult]:
    """Publishes an artefact for each version, unless the same catalogue and code made it before.

    Without `versions` these are v1, v2 and every trained model that is published. A trained one
    is not learned anew but carried over: one that came from its training stays as it is on the
    catalogue that it was trained on.

    `cache` keeps what was fitted, so that an empty store is filled without fitting again;
    `force` fits all the same. `evaluate` measures the quality, which takes a second fit, and
    writes it into the model card. Raises NothingToFit,
    UnknownVersion, and what the store does.
    """
    allowed = (*FITTED, *(version for version in store.published() if is_trained(version)))
    if unknown := [version for version in versions if version not in allowed]:
        raise UnknownVersion(unknown[0], allowed)
    say = progress or (lambda _: None)
    code = fit_checksum()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kindred-fit-")))
        try:
            directory = store.download_catalogue(scratch)
        except ArtefactNotFound as error:
            raise NothingToFit("there is no catalogue yet: import or generate one first") from error
        catalogue = CatalogueManifest.from_json((directory / MANIFEST).read_bytes())
        if not catalogue.count:
            raise NothingToFit("the catalogue is empty: import or generate apps first")
        job = _Job(store, directory, catalogue, code, scratch, cache or scratch / "fits", evaluate)
        return [job.run(version, force=force, say=say) for version in versions or allowed]


def fit_checksum() -> str:
    """One digest of all that decides what a fit gives, but for the catalogue."""
    digest = hashlib.sha256()
    for package in (similarity, prediction):
        for path in sorted(Path(package.__path__[0]).glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    for name in _ARITHMETIC:
        digest.update(f"{name} {installed_version(name)}".encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _Job:
    store: CatalogueStore
    directory: Path
    catalogue: CatalogueManifest
    code: str
    scratch: Path
    cache: Path
    evaluate: bool

    def run(self, version: str, *, force: bool, say: Progress) -> FitResult:
        began = time.monotonic()
        published = self._published(version)
        if not force and published is not None and self._is_same(published):
            return self._result(published, "unchanged", began)
        trained = self._trained(version)
        named = trained_as(trained.manifest) if trained else version
        made = self.cache / f"{named}-{self.catalogue.catalogue_sha256[:12]}-{self.code[:12]}"
        outcome = "from cache"
        with alone(self.cache / f"{made.name}.making"):
            if force or not self._is_whole(made):
                outcome = "carried over" if trained else "fitted"
                say(f"{version}: to be {outcome}, on {self.catalogue.count} apps")
                self._make(version, trained, made)
        say(f"publishing {version}")
        return self._result(self.store.publish(made, version), outcome, began)

    def _trained(self, version: str) -> Artefact | None:
        if not is_trained(version):
            return None
        return load_artefact(self.store.download(version, self.scratch), version=version)

    def _published(self, version: str) -> Manifest | None:
        try:
            return self.store.manifest(version)
        except (ArtefactNotFound, CorruptArtefact):
            return None

    def _is_same(self, manifest: Manifest) -> bool:
        if manifest.catalogue_sha256 != self.catalogue.catalogue_sha256:
            return False
        if is_trained(manifest.version):
            return manifest.fit_sha256 == self.code or not is_carried_over(manifest)
        measured = manifest.model_card.get("quality") is not None
        return manifest.fit_sha256 == self.code and (measured or not self.evaluate)

    def _is_whole(self, directory: Path) -> bool:
        try:
            return self._is_same(load_artefact(directory).manifest)
        except CorruptArtefact:
            return False

    def _make(self, version: str, trained: Artefact | None, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fitting-") as scratch:
            made = Path(scratch) / "made"
            if trained:
                carry_over(trained, self.directory, made, described=self.catalogue, code=self.code)
            else:
                self._fit(version, made)
            shutil.rmtree(target, ignore_errors=True)
            made.rename(target)

    def _fit(self, version: str, made: Path) -> None:
        shutil.copytree(self.directory, made / "catalogue", ignore=shutil.ignore_patterns(MANIFEST))
        quality = _measure(Catalogue(made / "catalogue"), version) if self.evaluate else None
        write_fitted(
            made,
            version=version,
            model_card=self._model_card(version, quality),
            fit_sha256=self.code,
            seed=_SEED,
        )

    def _model_card(self, version: str, quality: Quality | None) -> Mapping[str, Any]:
        reads = "name, category, region, pricing and features"
        return {
            "summary": f"Embeds an app's {reads}{'' if version == 'v1' else ', description'}"
            f" in {dimension_of(version)} dimensions.",
            "data": described_data(self.catalogue),
            "split": "fitted on every app; quality, where measured, by another fit on a seeded "
            "four fifths, queried with the other fifth, category withheld",
            "quality": None if quality is None else asdict(quality),
            "intended_use": "finding similar apps, and predicting an app's performance from them",
            "limits": "knows the words, categories and attributes of its catalogue only; an app "
            "without any gets the average direction; stars are not predicted",
        }

    @staticmethod
    def _result(manifest: Manifest, outcome: str, began: float) -> FitResult:
        return FitResult(
            version=manifest.version,
            model_version=manifest.model_version,
            outcome=outcome,
            seconds=time.monotonic() - began,
            manifest=manifest,
        )


def _measure(catalogue: Catalogue, version: str) -> Quality | None:
    apps = [catalogue.app(row).metadata for row in range(len(catalogue))]
    if sum(app.category is not None for app in apps) < 2 * _LEAST_MEASURED:
        return None

    def fitted(chosen: Sequence[AppMetadata]) -> Callable[[Sequence[AppMetadata]], Any]:
        model = fit_model(chosen, version=version, seed=_SEED)
        return lambda those: embed_all(model, those)

    return measure_quality(apps, fitted, seed=_SEED)
