"""Where the reference of drift is kept: that of the model that serves."""

from __future__ import annotations

from kindred.drift.reference import Reference, reference_from_json
from kindred_aws.training_data import TrainingData

_KEY = "drift/reference.json"


def load_reference(data: TrainingData) -> Reference | None:
    """Raises ValueError for one that cannot be read."""
    found = data.read(_KEY)
    return None if found is None else reference_from_json(found)


def save_reference(data: TrainingData, reference: Reference) -> None:
    data.write(_KEY, reference.to_json())


def keep_reference(data: TrainingData, key: str) -> None:
    """From here on drift is measured against what was written for a run."""
    found = data.read(key)
    if found is None:
        raise LookupError(f"no {key} in bucket {data.bucket}")
    save_reference(data, reference_from_json(found))
