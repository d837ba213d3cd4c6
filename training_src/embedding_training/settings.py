"""Where SageMaker lays a job's files, and what it was asked: hyperparameters, all of them text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kindred.similarity.metric_learning import Schedule
from kindred.similarity.versions import FIRST_TRAINED, LAST, is_trained, is_version

_OF_SAGEMAKER = "sagemaker_"  # how names begin that its own tools add
# Each with the least and the most that is allowed.
_WHOLE = {"seed": (0, 2**32 - 1), "epochs": (0, 200), "batch_size": (1, 4096), "patience": (1, 200)}
_SHARES = {"learning_rate": (1e-6, 1.0), "shrinkage": (0.0, 10.0), "most_bad_share": (0.0, 1.0)}


class InvalidSettings(ValueError):
    """A hyperparameter is not one, or not of what it allows."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Those under `/opt/ml`, or under SM_ROOT."""

    root: Path

    @property
    def hyperparameters(self) -> Path:
        return self.root / "input" / "config" / "hyperparameters.json"

    @property
    def interactions(self) -> Path:
        return self.root / "input" / "data" / "interactions"

    @property
    def embeddings(self) -> Path:
        """The fitted model that is learned on, as it is published."""
        return self.root / "input" / "data" / "embeddings"

    @property
    def serving(self) -> Path:
        """The model to be better than, as it is published; it may be the same."""
        return self.root / "input" / "data" / "serving"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def evaluation(self) -> Path:
        return self.root / "output" / "data" / "evaluation.json"

    @property
    def failure(self) -> Path:
        return self.root / "output" / "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`version` is what the trained model is called."""

    version: str = FIRST_TRAINED
    schedule: Schedule = field(default_factory=Schedule)
    most_bad_share: float = 0.01


def read_settings(path: Path) -> Settings:
    """Defaults where the file or a hyperparameter is absent. Raises InvalidSettings."""
    if not path.is_file():
        return Settings()
    try:
        given = json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidSettings(f"{path.name}: {error}; allowed: a JSON object") from error
    if not isinstance(given, dict):
        raise InvalidSettings(f"{path.name}: given {type(given).__name__}; allowed: a JSON object")
    ours = {name: text for name, text in given.items() if not name.startswith(_OF_SAGEMAKER)}
    version = ours.pop("version", FIRST_TRAINED)
    if not is_version(version) or not is_trained(version):
        raise InvalidSettings(f"version: given {version!r}; allowed: {FIRST_TRAINED} to v{LAST}")
    if unknown := sorted(ours.keys() - _WHOLE.keys() - _SHARES.keys()):
        allowed = ", ".join(("version", *_WHOLE, *_SHARES))
        raise InvalidSettings(f"no hyperparameter {unknown[0]!r}; allowed: {allowed}")
    whole = {name: _whole(name, ours[name]) for name in ours.keys() & _WHOLE.keys()}
    shares = {name: _share(name, ours[name]) for name in ours.keys() & _SHARES.keys()}
    return _settings(version, whole, shares)


def _settings(version: str, whole: Mapping[str, int], shares: Mapping[str, float]) -> Settings:
    usual = Schedule()
    return Settings(
        version=version,
        schedule=Schedule(
            seed=whole.get("seed", usual.seed),
            epochs=whole.get("epochs", usual.epochs),
            batch_size=whole.get("batch_size", usual.batch_size),
            patience=whole.get("patience", usual.patience),
            learning_rate=shares.get("learning_rate", usual.learning_rate),
            shrinkage=shares.get("shrinkage", usual.shrinkage),
        ),
        most_bad_share=shares.get("most_bad_share", Settings().most_bad_share),
    )


def _whole(name: str, given: object) -> int:
    low, high = _WHOLE[name]
    if not isinstance(given, str) or not given.isdecimal() or not low <= int(given) <= high:
        raise InvalidSettings(f"{name}: given {given!r}; allowed: {low} to {high}, as text")
    return int(given)


def _share(name: str, given: object) -> float:
    low, high = _SHARES[name]
    try:
        number = float(given) if isinstance(given, str) else low - 1
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise InvalidSettings(f"{name}: given {given!r}; allowed: {low:g} to {high:g}, as text")
    return number
