"""An assembly of a release names the images that were built, and builds none."""

import json
import re

import aws_cdk as cdk
import pytest

from kindred_constructs.model_images import ModelImages
from stacks.application import assemble, create_app, released_images
from stacks.release import load_release
from stacks.yaml_file import InvalidFile

DIGESTS = {"training": f"sha256:{'1' * 64}", "inference": f"sha256:{'2' * 64}"}


def synthesized(outdir, images=None):
    app = create_app(outdir=outdir, images=images)
    app.node.set_context("aws:cdk:disable-asset-staging", True)
    stack = cdk.Stack(cdk.Stage(app, "Stage"), "Stack")
    built = ModelImages(stack, "Images")
    cdk.CfnOutput(stack, "Training", value=built.training.image_uri)
    cdk.CfnOutput(stack, "Inference", value=built.inference.image_uri)
    app.synth()
    [template] = outdir.rglob("*.template.json")
    [assets] = outdir.rglob("*.assets.json")
    outputs = json.loads(template.read_text())["Outputs"]
    uris = [outputs[name]["Value"]["Fn::Sub"] for name in ("Training", "Inference")]
    return uris, json.loads(assets.read_text())["dockerImages"]


def release(folder, sources):
    images = [
        {"name": name, "digest": DIGESTS[key], "platforms": {"linux/amd64": DIGESTS[key]},
         "sources": [source]}
        for name, key, source in zip(
            ("embedding_training", "embedding_inference"), DIGESTS, sources, strict=True
        )
    ]  # fmt: skip
    path = folder / "release.json"
    document = {"commit": "c" * 40, "tag": f"20261121T120000Z-{'c' * 12}", "images": images}
    path.write_text(json.dumps(document))
    return path


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Their hashes, as an assembly that builds its own images tells them."""
    uris, assets = synthesized(tmp_path_factory.mktemp("own"))
    assert len(assets) == 2
    return [uri.rpartition(":")[2] for uri in uris]


def test_images_are_named_by_the_digests_of_the_release_and_none_is_built(tmp_path, sources):
    images = released_images(str(release(tmp_path, sources)))

    uris, assets = synthesized(tmp_path / "out", images)

    assert [uri.partition("@")[2] for uri in uris] == list(DIGESTS.values())
    assert assets == {}


def test_digests_lie_where_the_accounts_own_images_lie(tmp_path, sources):
    own, _ = synthesized(tmp_path / "own")
    released, _ = synthesized(tmp_path / "out", released_images(str(release(tmp_path, sources))))

    places = {re.split(":[0-9a-f]{64}$", uri)[0] for uri in own}
    assert places == {uri.partition("@")[0] for uri in released}


def test_sources_that_the_release_was_not_built_of_are_refused(tmp_path, sources):
    images = released_images(str(release(tmp_path, [sources[0], "0" * 64])))

    synthesized(tmp_path / "out", images)

    with pytest.raises(InvalidFile, match=r"embedding_inference \([0-9a-f]{64}\)"):
        assemble(cdk.App(), [], images=images)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"commit": "main"}, "commit: given", id="a branch is no commit"),
        pytest.param({"tag": "latest"}, "tag: given", id="a tag says when and of what"),
        pytest.param({"images": []}, "images: given", id="a release has images"),
    ],
)
def test_what_is_no_release_says_why(tmp_path, sources, change, said):
    path = release(tmp_path, sources)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    with pytest.raises(InvalidFile, match=f"release.json: {said}"):
        load_release(path)
