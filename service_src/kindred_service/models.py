"""The loaded embedding models of the arms, each with its index over the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kindred.experiments.bucketing import Arm
from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.index import ExactIndex, VectorIndex
from kindred_aws.artefact_store import ArtefactStore


@dataclass(frozen=True, slots=True)
class LoadedModel:
    artefact: Artefact
    index: VectorIndex

    @property
    def version(self) -> str:
        return self.artefact.manifest.model_version


Models = Mapping[Arm, LoadedModel]


class ModelsDisagree(Exception):
    """The arms' models were fitted on different catalogues, so that rows of one mean nothing to
    the other."""


class ModelShelf:
    """`models` grows by what an experiment needs, and is replaced as a whole."""

    def __init__(self, store: ArtefactStore, directory: Path) -> None:
        self._store = store
        self._directory = directory
        self.models: Models = {}

    def require(self, arms: Iterable[Arm]) -> None:
        """Download, verify and map the artefacts of arms that are not there yet.

        Raises ModelsDisagree, and what `ArtefactStore.download` and `load_artefact` raise, each
        naming what is wrong; what was there before then stays as it was.
        """
        missing = [arm for arm in arms if arm not in self.models]
        if not missing:
            return
        loaded = {
            arm: load_model(self._store.download(arm, into=self._directory), version=arm)
            for arm in missing
        }
        together = {**self.models, **loaded}
        require_one_catalogue(together)
        self.models = together


def require_one_catalogue(models: Models) -> None:
    """Raises ModelsDisagree."""
    fitted_on = {arm: m.artefact.manifest.catalogue_sha256[:12] for arm, m in models.items()}
    if len(set(fitted_on.values())) > 1:
        given = ", ".join(f"{arm} on catalogue {digest}" for arm, digest in fitted_on.items())
        raise ModelsDisagree(f"fitted were {given}; allowed is one: run `kindred catalogue fit`")


def load_model(directory: Path, *, version: Arm) -> LoadedModel:
    artefact = load_artefact(directory, version=version)
    return LoadedModel(artefact, ExactIndex(artefact.vectors))
