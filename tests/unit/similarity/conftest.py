"""A small catalogue, and what is fitted on it, once for all tests of similarity."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from kindred.prediction.calibration import fit_track_record
from kindred.similarity.app import AppMetadata, CatalogueApp
from kindred.similarity.artefact import Artefact, load_artefact, write_artefact
from kindred.similarity.catalogue import Catalogue, write_catalogue
from kindred.similarity.embedding import EmbeddingModel
from kindred.similarity.fitting import embed_all, fit_model
from ops.catalogue.generated_apps import generate_apps

MakeCatalogue = Callable[[Sequence[CatalogueApp]], Catalogue]


@pytest.fixture
def make_catalogue(tmp_path: Path) -> MakeCatalogue:
    def make(apps: Sequence[CatalogueApp]) -> Catalogue:
        write_catalogue(tmp_path, apps)
        return Catalogue(tmp_path)

    return make


@pytest.fixture(scope="session")
def apps() -> list[CatalogueApp]:
    return generate_apps(300)


@pytest.fixture(scope="session")
def catalogue(apps: list[CatalogueApp], tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    directory = tmp_path_factory.mktemp("catalogue")
    write_catalogue(directory, apps)
    return Catalogue(directory)


@pytest.fixture(scope="session")
def metadata(catalogue: Catalogue) -> list[AppMetadata]:
    return [catalogue.app(row).metadata for row in range(len(catalogue))]


@pytest.fixture(scope="session")
def models(metadata: list[AppMetadata]) -> dict[str, EmbeddingModel]:
    return {version: fit_model(metadata, version=version) for version in ("v1", "v2")}


@pytest.fixture(scope="session")
def artefact_directory(
    apps: list[CatalogueApp],
    metadata: list[AppMetadata],
    models: dict[str, EmbeddingModel],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A whole v2 artefact; copy it before breaking it."""
    directory = tmp_path_factory.mktemp("artefact")
    write_catalogue(directory / "catalogue", apps)
    catalogue = Catalogue(directory / "catalogue")
    vectors = embed_all(models["v2"], metadata)
    write_artefact(
        directory,
        model=models["v2"],
        vectors=vectors,
        catalogue=catalogue,
        performance=fit_track_record(catalogue, vectors),
        fit_sha256="fit",
        model_card={"summary": "of the tests"},
    )
    return directory


@pytest.fixture(scope="session")
def artefact(artefact_directory: Path) -> Artefact:
    return load_artefact(artefact_directory)
