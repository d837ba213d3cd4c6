"""A trained model comes along to a new catalogue, and goes on serving."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.manifest import Manifest
from kindred_service.models import ModelShelf
from ops.catalogue import fits
from ops.catalogue.commands import app
from ops.catalogue.fits import fit
from ops.catalogue.importing import generate, import_file
from ops.catalogue.stores import DirectoryStore
from tests.unit.ops_catalogue.trained_models import CARD, publish_trained

# Seconds a file.
pytestmark = pytest.mark.slow


@pytest.fixture
def trained(store: DirectoryStore, tmp_path: Path) -> Manifest:
    """v3, on a catalogue of 80 apps."""
    generate(store=store, count=80)
    fit(store)
    return publish_trained(store, tmp_path)


def outcomes(store: DirectoryStore, **options: object) -> dict[str, str]:
    return {one.version: one.outcome for one in fit(store, **options)}  # type: ignore[arg-type]


def model_files(manifest: Manifest) -> dict[str, object]:
    return {name: file for name, file in manifest.files.items() if name.startswith("model/")}


def loaded(store: DirectoryStore, version: str, tmp_path: Path) -> Artefact:
    return load_artefact(store.download(version, tmp_path), version=version)


def test_on_the_catalogue_it_was_trained_on_it_is_left_alone(
    store: DirectoryStore, trained: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outcomes(store)["v3"] == "unchanged"
    monkeypatch.setattr(fits, "fit_checksum", lambda: "other code")
    assert outcomes(store) == {"v1": "fitted", "v2": "fitted", "v3": "unchanged"}
    assert store.manifest("v3") == trained


def test_to_another_catalogue_it_comes_with_what_it_learned(
    store: DirectoryStore, trained: Manifest, tmp_path: Path
) -> None:
    generate(store=store, count=90)

    assert outcomes(store) == {"v1": "fitted", "v2": "fitted", "v3": "carried over"}

    v3 = loaded(store, "v3", tmp_path)
    assert model_files(v3.manifest) == model_files(trained)
    assert v3.vectors.shape == (90, 128)
    assert np.linalg.norm(v3.vectors, axis=1) == pytest.approx(np.ones(90), abs=1e-5)
    assert v3.manifest.catalogue_sha256 == store.catalogue_manifest().catalogue_sha256
    assert outcomes(store) == {"v1": "unchanged", "v2": "unchanged", "v3": "unchanged"}


def test_its_card_says_what_it_was_and_claims_nothing_of_the_new_catalogue(
    store: DirectoryStore, trained: Manifest, write_rows: Callable[..., Path]
) -> None:
    import_file(write_rows({}, {}, {}), store=store)
    fit(store)

    card = store.manifest("v3").model_card
    assert card["carried_over_from"]["model_version"] == trained.model_version
    assert card["carried_over_from"]["quality"] == CARD["quality"]
    assert card["carried_over_from"]["data"] == CARD["data"]
    assert card["quality"] is None
    assert (card["data"]["apps"], card["data"]["files"]) == (3, ["apps.jsonl"])
    assert card["limits"].endswith(CARD["limits"])


def test_services_load_it_beside_the_models_that_were_fitted(
    store: DirectoryStore, trained: Manifest, tmp_path: Path
) -> None:
    generate(store=store, count=90)
    fit(store)
    shelf = ModelShelf(store, tmp_path)  # type: ignore[arg-type]

    shelf.require(["v1", "v2", "v3"])

    assert shelf.models.keys() == {"v1", "v2", "v3"}


def test_however_often_it_moves_it_is_told_as_what_it_was_trained(
    store: DirectoryStore, trained: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count in (90, 70):
        generate(store=store, count=count)
        fit(store)
    monkeypatch.setattr(fits, "fit_checksum", lambda: "other code")
    assert outcomes(store)["v3"] == "carried over"

    manifest = store.manifest("v3")
    assert manifest.count == 70
    assert manifest.model_card["carried_over_from"]["model_version"] == trained.model_version
    assert manifest.model_card["limits"].count(CARD["limits"]) == 1
    assert model_files(manifest) == model_files(trained)


def test_another_store_of_the_same_model_is_filled_from_the_cache(
    store: DirectoryStore, trained: Manifest, tmp_path: Path
) -> None:
    new = DirectoryStore(tmp_path / "new")
    new.publish(store.download("v3", tmp_path), "v3")
    for one in (store, new):
        generate(store=one, count=90)
    cache = tmp_path / "cache"

    assert outcomes(store, versions=["v3"], cache=cache) == {"v3": "carried over"}
    assert outcomes(new, versions=["v3"], cache=cache) == {"v3": "from cache"}
    assert new.manifest("v3") == store.manifest("v3")


def test_another_model_of_the_same_name_is_not_taken_from_the_cache(
    store: DirectoryStore, trained: Manifest, tmp_path: Path
) -> None:
    """A candidate that never came to people gives its name to the next."""
    new = DirectoryStore(tmp_path / "new")
    generate(store=new, count=80)
    fit(new)
    other = publish_trained(new, tmp_path, seed=1)
    for one in (store, new):
        generate(store=one, count=90)
    cache = tmp_path / "cache"
    outcomes(store, versions=["v3"], cache=cache)

    assert outcomes(new, versions=["v3"], cache=cache) == {"v3": "carried over"}
    assert model_files(new.manifest("v3")) == model_files(other) != model_files(trained)


def test_every_trained_model_comes_along(
    store: DirectoryStore, trained: Manifest, tmp_path: Path
) -> None:
    publish_trained(store, tmp_path, "v10")
    publish_trained(store, tmp_path, "v4")
    generate(store=store, count=90)

    assert list(outcomes(store)) == ["v1", "v2", "v3", "v4", "v10"]


def test_the_commands_tell_of_it(store: DirectoryStore, trained: Manifest, tmp_path: Path) -> None:
    def run(verb: str, *options: str) -> str:
        result = CliRunner().invoke(
            app, [verb, "--directory", str(tmp_path / "store"), *options], env={"COLUMNS": "200"}
        )
        assert result.exit_code == 0, result.output
        return result.stdout

    generate(store=store, count=90)
    before = run("show")
    fitted = run("fit")
    [v3] = [one for one in json.loads(run("show", "--json"))["models"] if one["version"] == "v3"]

    assert "of another catalogue than this one" in before
    assert "`kindred catalogue fit` brings every model" in before
    assert "carried over" in fitted
    assert f"carried over from {trained.model_version}" in run("show")
    assert "another catalogue" not in run("show")
    assert (v3["carried_over_from"], v3["of_this_catalogue"]) == (trained.model_version, True)
