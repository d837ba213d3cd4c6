"""The loaded embedding models, one an arm, each with its index over the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kindred.experiments.bucketing import ARMS, Arm
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


def load_models(store: ArtefactStore, directory: Path) -> Models:
    """Download, verify and map every arm's artefact.

    Raises ModelsDisagree, and what `ArtefactStore.download` and `load_artefact` raise, each naming
    what is wrong.
    """
    models = {arm: load_model(store.download(arm, into=directory), version=arm) for arm in ARMS}
    fitted_on = {arm: m.artefact.manifest.catalogue_sha256[:12] for arm, m in models.items()}
    if len(set(fitted_on.values())) > 1:
        given = ", ".join(f"{arm} on catalogue {digest}" for arm, digest in fitted_on.items())
        raise ModelsDisagree(f"fitted were {given}; allowed is one: run `kindred catalogue fit`")
    return models


def load_model(directory: Path, *, version: Arm) -> LoadedModel:
    artefact = load_artefact(directory, version=version)
    return LoadedModel(artefact, ExactIndex(artefact.vectors))
