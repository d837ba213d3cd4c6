"""A model archive is what its manifest says, whole, or it is refused."""

import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from kindred.similarity.manifest import MANIFEST, CorruptArtefact, Manifest, describe_file
from kindred_aws.trained_model import fetch_trained_model

URI = "s3://training/models/run/model.tar.gz"


class Bucket:
    def __init__(self, **files):
        packed = BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name.replace("_json", ".json"))
                member.size = len(content)
                archive.addfile(member, BytesIO(content))
        self._body = packed.getvalue()

    def download_file(self, bucket, key, path):
        assert f"s3://{bucket}/{key}" == URI
        Path(path).write_bytes(self._body)


@pytest.fixture
def manifest(tmp_path):
    """Of a model that is nothing but its evaluation, or of nothing at all."""

    def manifest(evaluation=None):
        files = {}
        if evaluation is not None:
            (tmp_path / "evaluation.json").write_bytes(evaluation)
            files = {"evaluation.json": describe_file(tmp_path / "evaluation.json")}
        return (
            Manifest(
                version="v3",
                dimension=128,
                count=1,
                generated=True,
                catalogue_sha256="",
                fit_sha256="",
                files=files,
                model_card={},
            )
            .to_json()
            .encode()
        )

    return manifest


def fetched(tmp_path, **files):
    return fetch_trained_model(Bucket(**files), URI, tmp_path / "into")


def test_an_evaluation_is_read_once_its_checksum_agrees(tmp_path, manifest):
    model = fetched(tmp_path, manifest_json=manifest(b"{}"), evaluation_json=b"{}")

    assert model.evaluation == b"{}"


def test_an_evaluation_that_was_changed_is_refused(tmp_path, manifest):
    with pytest.raises(CorruptArtefact, match=r"evaluation\.json: expected sha256"):
        fetched(tmp_path, manifest_json=manifest(b"{}"), evaluation_json=b"[]")


def test_an_evaluation_that_the_manifest_does_not_know_is_not_believed(tmp_path, manifest):
    model = fetched(tmp_path, manifest_json=manifest(), evaluation_json=b'{"recall_at_10": 1}')

    with pytest.raises(CorruptArtefact, match="expected a checksum in the manifest, got none"):
        _ = model.evaluation


def test_an_archive_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(CorruptArtefact, match=MANIFEST):
        fetched(tmp_path, evaluation_json=b"{}")
