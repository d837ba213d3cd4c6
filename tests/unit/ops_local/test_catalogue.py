"""Whose catalogue the bucket holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.catalogue.fits import fit
from ops.catalogue.importing import generate, import_file
from ops.catalogue.stores import DirectoryStore
from ops.local.catalogue import PreparedCatalogue, imported_files, kept_catalogue, publish
from tests.unit.ops_catalogue.trained_models import publish_trained


@pytest.fixture
def bucket(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "bucket")


def test_an_empty_bucket_and_what_up_published_keep_nothing(bucket: DirectoryStore) -> None:
    assert kept_catalogue(bucket, own=[]) is None
    generate(store=bucket, count=20)
    own = bucket.catalogue_manifest().catalogue_sha256

    assert kept_catalogue(bucket, own=["before", own]) is None


def test_what_an_operator_imported_is_kept_and_told_by_its_files(
    bucket: DirectoryStore, tmp_path: Path
) -> None:
    generate(store=bucket, count=20)
    own = bucket.catalogue_manifest().catalogue_sha256
    apps = tmp_path / "mine.jsonl"
    apps.write_text('{"app_id": "mine-1", "name": "Mine"}\n')
    import_file(apps, store=bucket)

    kept = kept_catalogue(bucket, own=[own])

    assert kept is not None
    assert (kept.count, imported_files(kept)) == (1, "mine.jsonl")


def prepared(folder: Path, count: int) -> PreparedCatalogue:
    store = DirectoryStore(folder)
    generate(store=store, count=count)
    fit(store)
    manifest = store.catalogue_manifest()
    return PreparedCatalogue(store=store, folder=folder, manifest=manifest, files=())


def test_a_model_that_was_trained_here_comes_along_to_the_next_catalogue(
    bucket: DirectoryStore, tmp_path: Path
) -> None:
    first, second = prepared(tmp_path / "first", 60), prepared(tmp_path / "second", 70)
    assert publish(first, bucket)
    trained = publish_trained(bucket, tmp_path)

    assert not publish(first, bucket)
    assert publish(second, bucket)
    assert not publish(second, bucket)

    catalogues = {bucket.manifest(version).catalogue_sha256 for version in bucket.published()}
    assert catalogues == {second.manifest.catalogue_sha256}
    origin = bucket.manifest("v3").model_card["carried_over_from"]["model_version"]
    assert origin == trained.model_version
