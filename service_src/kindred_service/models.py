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


def load_models(store: ArtefactStore, directory: Path) -> Models:
    """Download, verify and map every arm's artefact.

    Raises what `ArtefactStore.download` and `load_artefact` raise, each naming what is wrong.
    """
    return {arm: load_model(store.download(arm, into=directory)) for arm in ARMS}


def load_model(directory: Path) -> LoadedModel:
    artefact = load_artefact(directory)
    return LoadedModel(artefact, ExactIndex(artefact.vectors))
