"""Checkpoints: what an epoch left, as plain arrays and a manifest of their checksums.

Spot takes an instance away at any time and SageMaker copies the folder as it finds it: the
manifest comes last, and a checkpoint that is not what it says is passed over.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kindred.similarity.columns import read_array, write_array
from kindred.similarity.manifest import (
    CorruptArtefact,
    describe_files,
    parse_files,
    verify_files,
)
from kindred.similarity.metric_inputs import MetricInputs
from kindred.similarity.metric_learning import Examples, Progress, Schedule

_MANIFEST = "checkpoint.json"
_ARRAYS = ("parameters", "first_moment", "second_moment", "best")


class Checkpoints:
    """Of one job: `fingerprint` names its examples and schedule, and no other's are taken up."""

    def __init__(self, directory: Path, *, fingerprint: str) -> None:
        self._directory = directory
        self._fingerprint = fingerprint

    def save(self, progress: Progress) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        name = f"epoch-{progress.epoch:04d}"
        partial = self._directory / f".{name}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for array in _ARRAYS:
            write_array(partial, array, getattr(progress, array))
        document = {
            "fingerprint": self._fingerprint,
            "steps": progress.steps,
            "losses": progress.losses,
            "files": {path: asdict(file) for path, file in describe_files(partial).items()},
        }
        (partial / _MANIFEST).write_text(json.dumps(document, indent=2, sort_keys=True) + "\n")
        shutil.rmtree(self._directory / name, ignore_errors=True)
        partial.rename(self._directory / name)

    def latest(self) -> Progress | None:
        """The last epoch's that is whole and of this job."""
        found = sorted(self._directory.glob("epoch-*"), reverse=True)
        return next((progress for path in found if (progress := self._load(path))), None)

    def _load(self, directory: Path) -> Progress | None:
        try:
            document: dict[str, Any] = json.loads((directory / _MANIFEST).read_bytes())
            if document["fingerprint"] != self._fingerprint:
                return None
            verify_files(directory, parse_files(document["files"]))
            arrays = {name: np.array(read_array(directory, name)) for name in _ARRAYS}
            steps, losses = int(document["steps"]), tuple(float(x) for x in document["losses"])
        except (OSError, ValueError, KeyError, TypeError, CorruptArtefact):
            return None
        return Progress(steps=steps, losses=losses, **arrays)


def fingerprint(inputs: MetricInputs, examples: Iterable[Examples], schedule: Schedule) -> str:
    digest = hashlib.sha256(json.dumps(asdict(schedule), sort_keys=True).encode())
    arrays: list[npt.NDArray[Any]] = [inputs.catalogue, inputs.group_of, inputs.start]
    for part in examples:
        arrays += [part.queries, part.candidates, part.clicks]
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
