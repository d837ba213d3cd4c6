"""Artefacts: read back whole, or refused by the name of the file that is wrong."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.manifest import (
    MANIFEST,
    CorruptArtefact,
    Manifest,
    ManifestMismatch,
    describe_files,
)


@pytest.fixture
def copy(artefact_directory: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(artefact_directory, tmp_path / "copy"))


def edit_manifest(directory: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((directory / MANIFEST).read_text())
    edit(document)
    (directory / MANIFEST).write_text(json.dumps(document))


def seal(directory: Path) -> None:
    """Makes the manifest true again, so that what is wrong lies deeper than a checksum."""
    files = {
        name: {"sha256": file.sha256, "bytes": file.bytes}
        for name, file in describe_files(directory).items()
    }
    edit_manifest(directory, lambda document: document.update(files=files))


def test_what_was_written_is_read_back(artefact: Artefact) -> None:
    assert artefact.manifest.version == "v2"
    assert artefact.manifest.dimension == artefact.model.dimension == 128
    assert artefact.manifest.count == len(artefact.catalogue) == len(artefact.vectors) == 300
    assert artefact.manifest.generated
    assert artefact.manifest.model_card == {"summary": "of the tests"}
    row = artefact.catalogue.row("generated-00007")
    embedded = artefact.model.embed(artefact.catalogue.app(row).metadata)
    assert (artefact.vectors[row] == embedded).all()


def test_vectors_are_mapped_and_not_copied(artefact: Artefact) -> None:
    assert isinstance(artefact.vectors.base, np.memmap)
    assert not artefact.vectors.flags.writeable


def test_a_model_version_names_the_content(artefact: Artefact, copy: Path) -> None:
    same = load_artefact(copy).manifest.model_version
    assert same == artefact.manifest.model_version
    assert same.startswith("v2-")
    vectors = np.load(copy / "vectors.npy")
    np.save(copy / "vectors.npy", vectors[::-1])
    seal(copy)
    assert load_artefact(copy).manifest.model_version != same


def delete(name: str) -> Callable[[Path], object]:
    return lambda directory: (directory / name).unlink()


def overwrite(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda directory: (directory / name).write_bytes(content)


def flip_a_byte(directory: Path) -> None:
    path = directory / "vectors.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("breaking", "file", "message"),
    [
        pytest.param(delete(MANIFEST), MANIFEST, "got no such file", id="no manifest"),
        pytest.param(delete("vectors.npy"), "vectors.npy", "got no such file", id="no vectors"),
        pytest.param(flip_a_byte, "vectors.npy", "got sha256", id="one bit of the vectors"),
        pytest.param(
            overwrite("catalogue/name.utf8", b""),
            "catalogue/name.utf8",
            "of 0 bytes",
            id="a column cut off",
        ),
        pytest.param(overwrite(MANIFEST, b"{"), MANIFEST, "expected JSON", id="half a manifest"),
        pytest.param(overwrite(MANIFEST, b"[]"), MANIFEST, "expected an object", id="a list"),
        pytest.param(overwrite(MANIFEST, b"\xff{}"), MANIFEST, "expected JSON", id="no text"),
    ],
)
def test_a_broken_file_is_named(
    copy: Path, breaking: Callable[[Path], object], file: str, message: str
) -> None:
    breaking(copy)
    with pytest.raises(CorruptArtefact) as error:
        load_artefact(copy)
    assert error.value.file == file
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param({"format": 2}, "expected format 1, got format 2", id="another format"),
        pytest.param({"dimension": 64}, "expected dimension 128 for v2, got 64", id="dimension"),
        pytest.param({"count": 299}, r"expected float32\[299, 128\]", id="count"),
        pytest.param({"version": "v1"}, "expected dimension 64 for v1", id="version"),
        pytest.param({"version": 2}, "expected version as str, got 2", id="a number for a version"),
        pytest.param({"count": "300"}, "expected count as int", id="text for a number"),
        pytest.param(
            {"surprise": 1}, "unexpected keyword argument 'surprise'", id="a key too many"
        ),
        pytest.param({"files": None}, "expected files by path", id="no files"),
        pytest.param(
            {"files": {"../x": {"sha256": "", "bytes": 0}}},
            "expected paths inside the artefact",
            id="a way out of the directory",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    copy: Path, edit: dict[str, Any], message: str
) -> None:
    edit_manifest(copy, lambda document: document.update(edit))
    with pytest.raises(CorruptArtefact, match=message):
        load_artefact(copy)


def test_another_version_than_asked_for_is_a_mismatch(copy: Path) -> None:
    with pytest.raises(ManifestMismatch, match="expected version v1, got v2"):
        load_artefact(copy, version="v1")


class Treacherous:
    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("the pickle was loaded",)


def test_a_pickled_array_is_refused_and_never_run(copy: Path) -> None:
    np.save(copy / "vectors.npy", np.array([Treacherous()], dtype=object), allow_pickle=True)
    (copy / "model" / "average.npy").write_bytes(pickle.dumps(Treacherous()))
    seal(copy)
    with pytest.raises(CorruptArtefact, match="expected readable arrays"):
        load_artefact(copy)


def test_vectors_of_another_type_are_a_mismatch(copy: Path) -> None:
    np.save(copy / "vectors.npy", np.load(copy / "vectors.npy").astype(np.float64))
    seal(copy)
    with pytest.raises(ManifestMismatch, match=r"expected float32\[300, 128\], got float64"):
        load_artefact(copy)


def test_a_model_of_another_dimension_is_a_mismatch(copy: Path) -> None:
    np.save(copy / "model" / "average.npy", np.ones(100, np.float32))
    seal(copy)
    with pytest.raises(ManifestMismatch, match="expected dimension 128, got 100"):
        load_artefact(copy)


def test_a_manifest_survives_its_own_json(artefact: Artefact) -> None:
    assert Manifest.from_json(artefact.manifest.to_json()) == artefact.manifest
