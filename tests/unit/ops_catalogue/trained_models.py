"""A model as a training job leaves it, without the training."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from kindred.prediction.calibration import fit_track_record
from kindred.similarity.artefact import load_artefact, write_artefact
from kindred.similarity.learned_map import LearnedMap
from kindred.similarity.manifest import Manifest
from kindred.similarity.metric_inputs import map_matrix, mapped, metric_inputs
from ops.catalogue.stores import DirectoryStore

CARD = {
    "summary": "of the tests",
    "data": {"requests": {"read": 600}},
    "quality": {"recall_at_10": 0.25, "baseline_recall_at_10": 0.2},
    "limits": "Learned of few clicks.",
}


def publish_trained(
    store: DirectoryStore, scratch: Path, version: str = "v3", *, seed: int = 0
) -> Manifest:
    """On v2 and the catalogue that v2 is of; with weights by chance, the same for a seed."""
    directory = scratch / f"{version}-{seed}"
    shutil.copytree(store.download("v2", scratch) / "catalogue", directory / "catalogue")
    (directory / "evaluation.json").write_text("{}")
    v2 = load_artefact(store.download("v2", scratch))
    inputs = metric_inputs(v2)
    weights = np.random.default_rng(seed).uniform(0.2, 2.0, len(inputs.start))
    matrix = map_matrix(inputs, weights)
    vectors = mapped(inputs.catalogue, matrix)
    write_artefact(
        directory,
        model=replace(v2.model, version=version, learned=LearnedMap(inputs.terms, matrix)),
        vectors=vectors,
        catalogue=v2.catalogue,
        performance=fit_track_record(v2.catalogue, vectors),
        fit_sha256="of the job",
        model_card=CARD,
    )
    return store.publish(directory, version)
