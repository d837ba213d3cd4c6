"""Fitting: published once for a catalogue and its code, from the cache when the store is new."""

from pathlib import Path

import pytest

from kindred.similarity.artefact import load_artefact
from ops.catalogue import fits
from ops.catalogue.fits import NothingToFit, UnknownVersion, fit
from ops.catalogue.importing import generate
from ops.catalogue.stores import DirectoryStore

# Seconds a file.
pytestmark = pytest.mark.slow


def outcomes(store: DirectoryStore, **options: object) -> dict[str, str]:
    return {one.version: one.outcome for one in fit(store, **options)}  # type: ignore[arg-type]


def test_models_are_fitted_published_and_not_fitted_again(
    store: DirectoryStore, tmp_path: Path
) -> None:
    generate(store=store, count=120)
    cache = tmp_path / "cache"
    assert outcomes(store, cache=cache) == {"v1": "fitted", "v2": "fitted"}
    assert outcomes(store, cache=cache) == {"v1": "unchanged", "v2": "unchanged"}
    artefact = load_artefact(store.download("v2", tmp_path))
    assert artefact.manifest.count == 120
    assert artefact.manifest.catalogue_sha256 == store.catalogue_manifest().catalogue_sha256


def test_a_new_store_is_filled_from_the_cache_with_the_same_bytes(
    store: DirectoryStore, tmp_path: Path
) -> None:
    new = DirectoryStore(tmp_path / "new")
    for one in (store, new):
        generate(store=one, count=60)
    assert outcomes(store, versions=["v1"], cache=tmp_path / "cache") == {"v1": "fitted"}
    assert outcomes(new, versions=["v1"], cache=tmp_path / "cache") == {"v1": "from cache"}
    assert new.manifest("v1") == store.manifest("v1")


def test_a_damaged_cache_is_fitted_anew(store: DirectoryStore, tmp_path: Path) -> None:
    generate(store=store, count=60)
    outcomes(store, versions=["v1"], cache=tmp_path / "cache")
    first = store.manifest("v1")
    for vectors in (tmp_path / "cache").rglob("vectors.npy"):
        vectors.write_bytes(b"damaged")
    new = DirectoryStore(tmp_path / "new")
    generate(store=new, count=60)
    assert outcomes(new, versions=["v1"], cache=tmp_path / "cache") == {"v1": "fitted"}
    assert new.manifest("v1") == first


@pytest.mark.parametrize("change", ["catalogue", "code", "force"])
def test_a_change_of_catalogue_or_code_is_fitted(
    store: DirectoryStore, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(store=store, count=60)
    outcomes(store, versions=["v1"])
    if change == "catalogue":
        generate(store=store, count=61)
    if change == "code":
        monkeypatch.setattr(fits, "fit_checksum", lambda: "other code")
    assert outcomes(store, versions=["v1"], force=change == "force") == {"v1": "fitted"}


def test_the_model_card_says_what_it_was_made_of(store: DirectoryStore) -> None:
    generate(store=store, count=150)
    (result,) = fit(store, versions=["v2"], evaluate=True)
    card = result.manifest.model_card
    assert card["data"] == {
        "apps": 150,
        "sources": {"generated": 150},
        "generated": True,
        "files": [],
    }
    assert card["quality"]["queries"] == 30
    assert 0 <= card["quality"]["precision"] <= 1
    assert {"summary", "split", "intended_use", "limits"} <= card.keys()


def test_quality_that_was_not_measured_is_not_claimed_and_can_be_measured_later(
    store: DirectoryStore,
) -> None:
    generate(store=store, count=120)
    (result,) = fit(store, versions=["v1"])
    assert result.manifest.model_card["quality"] is None
    assert outcomes(store, versions=["v1"], evaluate=True) == {"v1": "fitted"}
    assert outcomes(store, versions=["v1"]) == {"v1": "unchanged"}


def test_without_a_catalogue_there_is_nothing_to_fit(store: DirectoryStore) -> None:
    with pytest.raises(NothingToFit, match="import or generate one first"):
        fit(store)


def test_an_unknown_version_is_refused(store: DirectoryStore) -> None:
    with pytest.raises(UnknownVersion, match="no embedding model 'v3'; allowed: v1, v2"):
        fit(store, versions=["v1", "v3"])
