"""Images are planned from the assets of an assembly, and built of the same sources."""

import json
from pathlib import Path

import pytest

from ops.delivery.building import Bench, BuildFailed, build_images, read_built
from ops.delivery.image_plan import plan_images, read_plan, write_plan
from stacks.yaml_file import InvalidFile

ARM, AMD, TRAINING = "a" * 64, "b" * 64, "c" * 64


def asset(context, name="similarity_service", *, file="service_src/Dockerfile", key="SERVICE"):
    return {
        "source": {
            "directory": context,
            "dockerFile": file,
            "dockerBuildArgs": {key: name},
            "platform": "linux/arm64",
        },
        "destinations": {"there": {"imageTag": "tag"}},
    }


@pytest.fixture
def assembly(tmp_path):
    """A function of the assets that a stack of it has."""

    def made(assets):
        folder = tmp_path / "assembly"
        (folder / "asset.context" / "service_src").mkdir(parents=True, exist_ok=True)
        (folder / "asset.context" / "service_src" / "Dockerfile").write_text("FROM scratch\n")
        artifacts = {
            "Stack": {
                "type": "aws:cloudformation:stack",
                "environment": "aws://unknown-account/us-east-1",
                "properties": {"templateFile": "t.json"},
                "dependencies": ["Stack.assets"],
            },
            "Stack.assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}},
        }
        (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
        (folder / "assets.json").write_text(json.dumps({"dockerImages": assets}))
        return folder

    return made


@pytest.fixture
def plan(assembly, tmp_path):
    training = asset(
        "asset.context", "embedding_training", file="training_src/Dockerfile", key="CONTAINER"
    )
    assets = {ARM: asset("asset.context"), AMD: asset("asset.context"), TRAINING: training}
    folder = tmp_path / "plan"
    write_plan(plan_images(assembly(assets)), folder)
    return folder


def test_environments_that_differ_in_their_processor_share_an_image(plan):
    [service] = [each for each in read_plan(plan).images if each.name == "similarity_service"]

    assert service.sources == (ARM, AMD)
    assert service.platforms == ("linux/amd64", "linux/arm64")


def test_services_are_built_for_both_processors_and_models_for_the_one_that_trains_them(plan):
    names = {
        processor: {image.name for image in read_plan(plan).on(processor)}
        for processor in ("amd64", "arm64")
    }

    assert names == {
        "amd64": {"embedding_training", "similarity_service"},
        "arm64": {"similarity_service"},
    }


def test_a_plan_brings_the_sources_along(plan):
    for image in read_plan(plan).images:
        assert (plan / image.context / "service_src" / "Dockerfile").is_file()


def test_a_dockerfile_that_makes_one_image_names_it_by_its_folder(assembly):
    collector = asset("asset.context", key="OTHER", file="telemetry/Dockerfile")

    [image] = plan_images(assembly({ARM: collector})).images

    assert image.name == "telemetry"


def test_an_image_nobody_can_name_is_refused(assembly):
    with pytest.raises(InvalidFile, match="given Dockerfile without SERVICE or CONTAINER"):
        plan_images(assembly({ARM: asset("asset.context", key="OTHER", file="Dockerfile")}))


def test_two_ways_to_build_one_image_are_refused(assembly):
    other = asset("asset.context", file="other/Dockerfile")

    with pytest.raises(InvalidFile, match="given two ways to build it"):
        plan_images(assembly({ARM: asset("asset.context"), AMD: other}))


class Docker:
    """Answers as Docker does, and remembers what was asked."""

    def __init__(self, bench, *, materials='{"packages": [{"name": "numpy"}]}'):
        self.bench, self.materials, self.commands = bench, materials, []

    def __call__(self, command):
        self.commands.append(list(command))
        for part in command:
            if part.startswith("--metadata-file="):
                digest = f"sha256:{len(self.commands):064d}"
                file = Path(part.partition("=")[2])
                file.write_text(json.dumps({"containerimage.digest": digest}))
        return self.materials if "imagetools" in command else ""

    def of(self, verb):
        return [each for each in self.commands if verb in each]


def bench(plan, tmp_path, processor):
    return Bench(
        plan_folder=plan,
        repository_uri="registry.example/images",
        processor=processor,
        results=tmp_path / "built",
    )


def test_what_was_built_is_tried_on_its_own_processor_and_kept_by_digest(plan, tmp_path):
    arm = bench(plan, tmp_path, "arm64")
    docker = Docker(arm)

    digests = build_images(read_plan(plan), arm, run=docker)

    [tried] = docker.of("run")
    assert f"registry.example/images@{digests['similarity_service']}" in tried
    assert {"--network=none", "--read-only", "--user=10001", "--platform=linux/arm64"} <= set(tried)
    assert read_built(arm.results) == ("arm64", digests)
    assert (arm.results / "similarity_service-arm64.spdx.json").is_file()


def test_a_model_image_is_pushed_without_what_makes_it_an_index(plan, tmp_path):
    amd = bench(plan, tmp_path, "amd64")
    docker = Docker(amd)

    build_images(read_plan(plan), amd, run=docker)

    builds = [each for each in docker.of("build") if "CONTAINER=embedding_training" in str(each)]
    assert ["--sbom=true" in each for each in builds] == [True, False]
    assert any("oci-mediatypes=false" in part for part in builds[1])


def test_an_image_without_a_bill_of_materials_is_not_kept(plan, tmp_path):
    arm = bench(plan, tmp_path, "arm64")

    with pytest.raises(BuildFailed, match="similarity_service: no bill of materials"):
        build_images(read_plan(plan), arm, run=Docker(arm, materials="null"))
