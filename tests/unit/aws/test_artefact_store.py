"""Artefacts in S3: published by content, downloaded whole or not at all."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from kindred.similarity.catalogue_manifest import CatalogueManifest
from kindred.similarity.manifest import MANIFEST, CorruptArtefact, Manifest, describe_files
from kindred_aws.artefact_store import ArtefactNotFound, ArtefactStore

BUCKET = "embeddings"


@pytest.fixture
def client(aws: None) -> Any:
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    return client


def artefact(directory: Path, *, vectors: bytes = b"vectors") -> Path:
    (directory / "model").mkdir(parents=True)
    (directory / "vectors.npy").write_bytes(vectors)
    (directory / "model" / "average.npy").write_bytes(b"average")
    manifest = Manifest(
        version="v2",
        dimension=128,
        count=3,
        generated=True,
        catalogue_sha256="c",
        fit_sha256="f",
        files=describe_files(directory),
        model_card={"summary": "of a test"},
    )
    (directory / MANIFEST).write_text(manifest.to_json())
    return directory


def test_what_is_published_is_listed_in_the_order_of_versions(client: Any, tmp_path: Path) -> None:
    store = ArtefactStore(client, BUCKET)
    assert store.published() == []
    directory = artefact(tmp_path / "made")
    for version in ("v10", "v9", "v2"):
        store.publish(directory, version)
    # A publication that was interrupted, and what is no version.
    client.put_object(Bucket=BUCKET, Key="embeddings/v4/0123456789ab/vectors.npy", Body=b"")
    client.put_object(Bucket=BUCKET, Key="embeddings/notes/manifest.json", Body=b"")

    assert store.published() == ["v2", "v9", "v10"]


def keys(client: Any) -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET)["Contents"]]


def test_what_is_published_is_downloaded_whole(client: Any, tmp_path: Path) -> None:
    store = ArtefactStore(client, BUCKET)
    published = store.publish(artefact(tmp_path / "made"), "v2")
    found = store.download("v2", tmp_path / "served")
    assert found.name == published.model_version
    assert (found / "vectors.npy").read_bytes() == b"vectors"
    assert (found / "model" / "average.npy").read_bytes() == b"average"
    assert Manifest.from_json((found / MANIFEST).read_bytes()) == published
    assert store.manifest("v2") == published


def test_files_lie_under_their_content_and_the_manifest_beside_them(
    client: Any, tmp_path: Path
) -> None:
    published = ArtefactStore(client, BUCKET).publish(artefact(tmp_path / "made"), "v2")
    expected = {f"embeddings/v2/{file.sha256[:12]}/{p}" for p, file in published.files.items()}
    assert set(keys(client)) == expected | {"embeddings/v2/manifest.json"}


def test_a_reader_of_the_older_manifest_still_finds_its_files(client: Any, tmp_path: Path) -> None:
    store = ArtefactStore(client, BUCKET)
    older = store.publish(artefact(tmp_path / "older"), "v2")
    store.publish(artefact(tmp_path / "newer", vectors=b"other vectors"), "v2")
    for name, file in older.files.items():
        assert f"embeddings/v2/{file.sha256[:12]}/{name}" in keys(client)


def test_a_second_download_reads_no_file_again(client: Any, tmp_path: Path) -> None:
    store = ArtefactStore(client, BUCKET)
    published = store.publish(artefact(tmp_path / "made"), "v2")
    first = store.download("v2", tmp_path / "served")
    for name, file in published.files.items():
        client.delete_object(Bucket=BUCKET, Key=f"embeddings/v2/{file.sha256[:12]}/{name}")
    assert store.download("v2", tmp_path / "served") == first


def test_a_damaged_local_copy_is_replaced(client: Any, tmp_path: Path) -> None:
    store = ArtefactStore(client, BUCKET)
    store.publish(artefact(tmp_path / "made"), "v2")
    found = store.download("v2", tmp_path / "served")
    (found / "vectors.npy").write_bytes(b"damaged")
    assert (store.download("v2", tmp_path / "served") / "vectors.npy").read_bytes() == b"vectors"


def test_a_file_that_differs_in_the_bucket_leaves_nothing_behind(
    client: Any, tmp_path: Path
) -> None:
    store = ArtefactStore(client, BUCKET)
    published = store.publish(artefact(tmp_path / "made"), "v2")
    key = f"embeddings/v2/{published.files['vectors.npy'].sha256[:12]}/vectors.npy"
    client.put_object(Bucket=BUCKET, Key=key, Body=b"tampered")
    with pytest.raises(CorruptArtefact, match=r"vectors\.npy: expected sha256 .* of 7 bytes, got"):
        store.download("v2", tmp_path / "served")
    assert list((tmp_path / "served").iterdir()) == []


def test_a_file_missing_from_the_bucket_is_named(client: Any, tmp_path: Path) -> None:
    store = ArtefactStore(client, BUCKET)
    published = store.publish(artefact(tmp_path / "made"), "v2")
    key = f"embeddings/v2/{published.files['vectors.npy'].sha256[:12]}/vectors.npy"
    client.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(CorruptArtefact, match=r"vectors\.npy: expected 7 bytes, got no "):
        store.download("v2", tmp_path / "served")


def test_a_file_changed_after_the_manifest_was_written_is_not_published(
    client: Any, tmp_path: Path
) -> None:
    made = artefact(tmp_path / "made")
    (made / "vectors.npy").write_bytes(b"changed")
    with pytest.raises(CorruptArtefact):
        ArtefactStore(client, BUCKET).publish(made, "v2")
    assert "Contents" not in client.list_objects_v2(Bucket=BUCKET, Prefix="embeddings/v2/manifest")


def test_a_version_that_was_never_published_is_not_found(client: Any, tmp_path: Path) -> None:
    store = ArtefactStore(client, BUCKET)
    with pytest.raises(ArtefactNotFound, match=r"no embeddings/v1/manifest\.json in bucket"):
        store.download("v1", tmp_path)
    with pytest.raises(ArtefactNotFound, match=r"no catalogue/manifest\.json in bucket"):
        store.catalogue_manifest()


def test_a_catalogue_goes_and_comes_back(client: Any, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "name.utf8").write_bytes(b"names")
    manifest = CatalogueManifest(
        count=1,
        generated=False,
        catalogue_sha256="0123456789abcdef",
        sources={"kindred": 1},
        imports=(),
        files=describe_files(made),
    )
    (made / MANIFEST).write_text(manifest.to_json())
    store = ArtefactStore(client, BUCKET)
    store.publish_catalogue(made)
    assert store.catalogue_manifest() == manifest
    found = store.download_catalogue(tmp_path / "read")
    assert (found / "name.utf8").read_bytes() == b"names"
