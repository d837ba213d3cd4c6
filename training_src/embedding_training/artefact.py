"""The trained model as an artefact like any other, its evaluation inside."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kindred.prediction.calibration import fit_track_record
from kindred.similarity.artefact import Artefact, write_artefact
from kindred.similarity.catalogue import Catalogue
from kindred.similarity.embedding import unit
from kindred.similarity.learned_map import LearnedMap
from kindred.similarity.manifest import MANIFEST, Manifest
from kindred.similarity.metric_inputs import MetricInputs, mapped
from kindred.similarity.metric_selection import Selection

EVALUATION = "evaluation.json"


def write_model(
    made: Path,
    *,
    version: str,
    fitted: Artefact,
    catalogue: Path,
    inputs: MetricInputs,
    selection: Selection,
    evaluation: Mapping[str, Any],
    fingerprint: str,
) -> Manifest:
    """A complete artefact in `made`, over a copy of the catalogue folder of `fitted`."""
    shutil.copytree(catalogue, made / "catalogue")
    text = json.dumps(evaluation, indent=2, sort_keys=True) + "\n"
    (made / EVALUATION).write_text(text, encoding="utf-8")
    vectors = mapped(inputs.catalogue, selection.matrix)
    average = unit(vectors.mean(axis=0, dtype=np.float64).astype(np.float32))
    columns = Catalogue(made / "catalogue")
    return write_artefact(
        made,
        model=replace(
            fitted.model,
            version=version,
            average=average if average.any() else fitted.model.average,
            learned=LearnedMap(inputs.terms, selection.matrix),
        ),
        vectors=vectors,
        catalogue=columns,
        performance=fit_track_record(columns, vectors),
        fit_sha256=fingerprint,
        model_card=_model_card(fitted, evaluation),
    )


def hand_over(made: Path, folder: Path) -> None:
    """What SageMaker packs when the job ends; the manifest comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    shutil.copytree(made, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MANIFEST))
    shutil.copyfile(made / MANIFEST, folder / MANIFEST)


def _model_card(fitted: Artefact, evaluation: Mapping[str, Any]) -> Mapping[str, Any]:
    given = fitted.manifest
    return {
        "summary": "v2's words, category and attributes, and the most common attributes, the "
        "rating and the popularity beside them, weighted as clicks on shown neighbours bear out; "
        f"{given.dimension} dimensions.",
        "data": {
            "learned_on": given.model_version,
            "baseline": evaluation["baseline_model_version"],
            "catalogue_sha256": given.catalogue_sha256,
            "requests": evaluation["requests"],
        },
        "split": "a fifth of requests held out by a hash of their ids; of the others a quarter "
        "decided when to stop and how far to go from v2",
        "quality": {name: evaluation[name] for name in ("recall_at_10", "baseline_recall_at_10")},
        "intended_use": "finding similar apps, and predicting an app's performance from them",
        "limits": "learned from what earlier models chose to show: of apps that were never shown "
        "it knows only what v2 does; an app that is not in the catalogue is taken to be of average "
        "rating and popularity",
    }
