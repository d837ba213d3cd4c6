import shutil

import pytest

from kindred.similarity.manifest import CorruptArtefact
from kindred.similarity.versions import FITTED
from kindred_service.models import ModelsDisagree, ModelShelf


class Published:
    """Directories as a store's downloads."""

    def __init__(self, **directories):
        self._directories = directories

    def download(self, version, into):
        target = into / version
        if not target.exists():
            shutil.copytree(self._directories[version], target)
        return target


def shelf_of(store, directory):
    shelf = ModelShelf(store, directory)
    shelf.require(FITTED)
    return shelf.models


def test_a_model_is_fetched_when_an_experiment_needs_it(artefacts, tmp_path):
    shelf = ModelShelf(Published(**artefacts), tmp_path)

    shelf.require(["v1"])
    first = shelf.models["v1"]
    shelf.require(["v1", "v2"])

    assert shelf.models.keys() == {"v1", "v2"}
    assert shelf.models["v1"] is first


def test_a_model_of_another_catalogue_leaves_the_shelf_as_it_was(artefacts, other_v1, tmp_path):
    shelf = ModelShelf(Published(v1=other_v1, v2=artefacts["v2"]), tmp_path)
    shelf.require(["v2"])

    with pytest.raises(ModelsDisagree):
        shelf.require(["v1", "v2"])
    assert shelf.models.keys() == {"v2"}


def test_both_arms_are_loaded(artefacts, tmp_path):
    models = shelf_of(Published(**artefacts), tmp_path)

    assert {arm: model.artefact.manifest.dimension for arm, model in models.items()} == {
        "v1": 64,
        "v2": 128,
    }


def test_models_of_different_catalogues_are_not_served_together(artefacts, other_v1, tmp_path):
    with pytest.raises(
        ModelsDisagree, match=r"v1 on catalogue .*, v2 on catalogue .*allowed is one"
    ):
        shelf_of(Published(v1=other_v1, v2=artefacts["v2"]), tmp_path)


def test_another_version_under_an_arm_s_name_is_refused(artefacts, tmp_path):
    with pytest.raises(CorruptArtefact, match="expected version v2, got v1"):
        shelf_of(Published(v1=artefacts["v1"], v2=artefacts["v1"]), tmp_path)


def test_one_changed_byte_is_refused_with_the_file_s_name(artefacts, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(artefacts["v2"], broken)
    vectors = broken / "vectors.npy"
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"?")

    with pytest.raises(CorruptArtefact, match=r"vectors\.npy: expected sha256"):
        shelf_of(Published(v1=artefacts["v1"], v2=broken), tmp_path / "into")
