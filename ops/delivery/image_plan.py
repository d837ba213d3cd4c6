"""Which images an assembly needs: read from the assets that it would build itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ops.local.assembly import read_assembly
from stacks.release import PLATFORMS, SourceHash
from stacks.sizes import Part
from stacks.yaml_file import InvalidFile, read_mapping, validated

FILE = "images.json"
# Training jobs and batch transforms have no Arm instances, and one image trains and serves.
_ONLY_AMD64 = {"training_src/Dockerfile"}
# What a Dockerfile of several images calls the one that it is to make.
_NAMES = ("SERVICE", "CONTAINER")


class PlannedImage(Part):
    """`context` is a folder beside the plan; `sources` are the assets that the image stands for."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z_]+$")]
    context: str
    file: str
    arguments: dict[str, str]
    platforms: tuple[str, ...]
    sources: tuple[SourceHash, ...]


class ImagePlan(Part):
    images: Annotated[tuple[PlannedImage, ...], Field(min_length=1)]

    def on(self, processor: str) -> tuple[PlannedImage, ...]:
        """Those that are built on `amd64` or `arm64`."""
        return tuple(image for image in self.images if f"linux/{processor}" in image.platforms)


def plan_images(assembly: Path) -> ImagePlan:
    """One image for each name: environments differ in the processor that they ask for, no more.

    Raises InvalidFile where two environments would build other sources by the same name.
    """
    planned: dict[str, PlannedImage] = {}
    for source_hash, context, source in _assets(assembly):
        arguments = source.get("dockerBuildArgs", {})
        name = _name(source_hash, source["dockerFile"], arguments)
        known = planned.get(name)
        if known and (known.arguments, known.file) != (arguments, source["dockerFile"]):
            raise InvalidFile(f"image {name}: given two ways to build it, allowed one")
        sources = {*(known.sources if known else ()), source_hash}
        planned[name] = PlannedImage(
            name=name,
            context=known.context if known else str(context),
            file=source["dockerFile"],
            arguments=arguments,
            platforms=PLATFORMS[:1] if source["dockerFile"] in _ONLY_AMD64 else PLATFORMS,
            sources=tuple(sorted(sources)),
        )
    return ImagePlan(images=tuple(planned[name] for name in sorted(planned)))


def write_plan(plan: ImagePlan, folder: Path) -> None:
    """The plan and a copy of each context, so that images are built of what was judged."""
    folder.mkdir(parents=True, exist_ok=True)
    copied = []
    for image in plan.images:
        shutil.copytree(image.context, folder / image.name, dirs_exist_ok=True)
        copied.append(image.model_copy(update={"context": image.name}))
    document = ImagePlan(images=tuple(copied)).model_dump(mode="json")
    (folder / FILE).write_text(json.dumps(document, indent=2) + "\n")


def read_plan(folder: Path) -> ImagePlan:
    """Raises InvalidFile."""
    path = folder / FILE
    if not path.is_file():
        raise InvalidFile(f"{path}: is not there")
    return validated(ImagePlan, read_mapping(path.read_text("utf-8"), file=FILE), file=FILE)


def _name(source_hash: str, file: str, arguments: Mapping[str, str]) -> str:
    """What it is made for, or the folder of a Dockerfile that makes one image alone."""
    folder = Path(file).parent.name
    name = next((arguments[each] for each in _NAMES if each in arguments), folder)
    if not name:
        raise InvalidFile(
            f"image {source_hash}: given {file} without {' or '.join(_NAMES)}, allowed either an "
            "argument or a folder that says what it is"
        )
    return name


def _assets(assembly: Path) -> Iterable[tuple[str, Path, dict[str, Any]]]:
    for stack in read_assembly(assembly):
        for manifest in stack.asset_manifests:
            images = json.loads(manifest.read_text("utf-8")).get("dockerImages", {})
            for source_hash, asset in images.items():
                source = asset["source"]
                yield source_hash, (manifest.parent / source["directory"]).resolve(), source
