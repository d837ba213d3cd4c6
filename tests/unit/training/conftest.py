"""A v2 artefact of generated apps, and a training job over clicks that follow a taste."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.simulated_clicks import Taste, lay_out_job, simulate_clicks
from embedding_training.settings import Folders
from embedding_training.training import run_job
from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.catalogue import write_catalogue
from ops.catalogue.fitted_artefact import write_fitted
from ops.catalogue.generated_apps import generate_apps

LayOut = Callable[..., Folders]
_TASTE = Taste()


@pytest.fixture(scope="session")
def artefact_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("v2")
    write_catalogue(directory / "catalogue", generate_apps(300))
    write_fitted(directory, version="v2", model_card={"summary": "of the tests"})
    return directory


@pytest.fixture(scope="session")
def artefact(artefact_directory: Path) -> Artefact:
    return load_artefact(artefact_directory)


@pytest.fixture(scope="session")
def lay_out(
    artefact: Artefact, artefact_directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> LayOut:
    def lay_out(
        *,
        requests: int = 600,
        ranks: int = 30,
        taste: Taste | None = _TASTE,
        seed: int = 0,
        serving: Path | None = None,
    ) -> Folders:
        root = tmp_path_factory.mktemp("job") / "ml"
        shown_by = load_artefact(serving) if serving else artefact
        rows = simulate_clicks(
            artefact,
            [np.array(shown_by.vectors)],
            requests=requests,
            ranks=ranks,
            taste=taste,
            seed=seed,
        )
        lay_out_job(root, artefact_directory, rows, serving=serving)
        return Folders(root)

    return lay_out


@pytest.fixture(scope="session")
def trained(lay_out: LayOut) -> Folders:
    """A finished job; look at it, and leave it as it is."""
    folders = lay_out()
    run_job(folders, say=lambda _: None, before_batch=lambda: None)
    return folders
