"""The loaded model: checksums verified, vectors mapped into memory, searched exactly."""

from __future__ import annotations

from pathlib import Path

from embedding_inference.wire import PredictionOut, PredictionsOut, QueryIn, metadata_of
from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.index import ExactIndex


class Model:
    def __init__(self, artefact: Artefact) -> None:
        self._artefact = artefact
        self._index = ExactIndex(artefact.vectors)
        self.version = artefact.manifest.model_version
        self.apps = artefact.manifest.count

    @classmethod
    def load(cls, directory: Path) -> Model:
        """Raises CorruptArtefact for a file that is missing or is not what the manifest says."""
        return cls(load_artefact(directory))

    def predict(self, query: QueryIn) -> PredictionsOut:
        """Raises ValueError for a category or region that the catalogue does not have."""
        catalogue = self._artefact.catalogue
        vector = self._artefact.model.embed(metadata_of(query.features, catalogue))
        hits = self._index.search(vector, k=query.top_k)
        return PredictionsOut(
            [PredictionOut(catalogue.app_id(h.row), h.score, catalogue.name(h.row)) for h in hits],
            self.version,
        )
