import shutil

import pytest

from kindred.similarity.manifest import CorruptArtefact
from kindred_service.models import ModelsDisagree, load_models


class Published:
    """Directories as a store's downloads."""

    def __init__(self, **directories):
        self._directories = directories

    def download(self, version, into):
        target = into / version
        if not target.exists():
            shutil.copytree(self._directories[version], target)
        return target


def test_both_arms_are_loaded(artefacts, tmp_path):
    models = load_models(Published(**artefacts), tmp_path)

    assert {arm: model.artefact.manifest.dimension for arm, model in models.items()} == {
        "v1": 64,
        "v2": 128,
    }


def test_models_of_different_catalogues_are_not_served_together(artefacts, other_v1, tmp_path):
    with pytest.raises(
        ModelsDisagree, match=r"v1 on catalogue .*, v2 on catalogue .*allowed is one"
    ):
        load_models(Published(v1=other_v1, v2=artefacts["v2"]), tmp_path)


def test_another_version_under_an_arm_s_name_is_refused(artefacts, tmp_path):
    with pytest.raises(CorruptArtefact, match="expected version v2, got v1"):
        load_models(Published(v1=artefacts["v1"], v2=artefacts["v1"]), tmp_path)


def test_one_changed_byte_is_refused_with_the_file_s_name(artefacts, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(artefacts["v2"], broken)
    vectors = broken / "vectors.npy"
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"?")

    with pytest.raises(CorruptArtefact, match=r"vectors\.npy: expected sha256"):
        load_models(Published(v1=artefacts["v1"], v2=broken), tmp_path / "into")
