"""Whose catalogue the bucket holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.catalogue.importing import generate, import_file
from ops.catalogue.stores import DirectoryStore
from ops.local.catalogue import imported_files, kept_catalogue


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
