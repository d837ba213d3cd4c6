"""Builds a plan's images on the processor they are for, tries them, and keeps their digests."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.delivery.image_plan import ImagePlan, PlannedImage

FILE = "built.json"
# Whether the wheels of this processor load, as the user and with the file system of a task.
_MODULES = {
    "embedding_inference": "embedding_inference.application",
    "embedding_training": "embedding_training.training",
}
# What is no Python of ours says at least who it is.
_TRIED_BY = {"telemetry": ("--version",)}
Run = Callable[[Sequence[str]], str]


class BuildFailed(Exception):
    """A command of Docker ended with another status than 0."""


def run(command: Sequence[str]) -> str:
    """Its standard output; what it says of its work goes where ours goes. Raises BuildFailed."""
    done = subprocess.run(list(command), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{' '.join(command[:3])}: exit status {done.returncode}")
    return done.stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where images come from and go to."""

    plan_folder: Path
    repository_uri: str
    processor: str
    results: Path

    @property
    def platform(self) -> str:
        return f"linux/{self.processor}"

    def reference(self, digest: str) -> str:
        return f"{self.repository_uri}@{digest}"


def build_images(plan: ImagePlan, bench: Bench, *, run: Run = run) -> dict[str, str]:
    """Digests by name, kept in `results` with a bill of materials for each image."""
    bench.results.mkdir(parents=True, exist_ok=True)
    digests = {}
    for image in plan.on(bench.processor):
        attested = _build(image, bench, run, attested=True)
        _keep_materials(image, bench, run, attested)
        # SageMaker pulls one image and no index, and what is attested of an image makes one.
        alone = len(image.platforms) == 1
        digests[image.name] = _build(image, bench, run, attested=False) if alone else attested
        run(try_command(image, bench, digests[image.name]))
    document = {"processor": bench.processor, "images": digests}
    (bench.results / FILE).write_text(json.dumps(document, indent=2) + "\n")
    return digests


def build_command(
    image: PlannedImage, bench: Bench, *, attested: bool, metadata: Path
) -> list[str]:
    """By digest alone: names are given when every processor's image is there."""
    context = bench.plan_folder / image.context
    attestations = (
        ["--sbom=true", "--provenance=mode=max"]
        if attested
        else ["--sbom=false", "--provenance=false"]
    )
    media_types = "" if attested else ",oci-mediatypes=false"
    arguments = [f"--build-arg={key}={value}" for key, value in sorted(image.arguments.items())]
    output = f"type=image,name={bench.repository_uri},push=true,push-by-digest=true{media_types}"
    return [
        *("docker", "buildx", "build"),
        *(f"--platform={bench.platform}", f"--file={context / image.file}"),
        *arguments,
        *attestations,
        *(f"--output={output}", f"--metadata-file={metadata}", str(context)),
    ]


def try_command(image: PlannedImage, bench: Bench, digest: str) -> list[str]:
    as_a_task = [
        *("docker", "run", "--rm", f"--platform={bench.platform}"),
        *("--network=none", "--read-only", "--tmpfs=/tmp", "--user=10001"),
    ]
    if image.name in _TRIED_BY:
        return [*as_a_task, bench.reference(digest), *_TRIED_BY[image.name]]
    module = _MODULES.get(image.name, f"{image.name}.main")
    python = ["--entrypoint=python", bench.reference(digest), "-c", f"import {module}"]
    return [*as_a_task, *python]


def materials_command(bench: Bench, digest: str) -> list[str]:
    return [
        *("docker", "buildx", "imagetools", "inspect", bench.reference(digest)),
        *("--format", "{{ json .SBOM.SPDX }}"),
    ]


def _build(image: PlannedImage, bench: Bench, run: Run, *, attested: bool) -> str:
    metadata = bench.results / f"{image.name}-metadata.json"
    run(build_command(image, bench, attested=attested, metadata=metadata))
    digest: str = json.loads(metadata.read_text("utf-8"))["containerimage.digest"]
    metadata.unlink()
    return digest


def _keep_materials(image: PlannedImage, bench: Bench, run: Run, digest: str) -> None:
    """Raises BuildFailed where the image has none."""
    text = run(materials_command(bench, digest))
    packages = (json.loads(text or "null") or {}).get("packages")
    if not packages:
        raise BuildFailed(f"{image.name}: no bill of materials")
    file = bench.results / f"{image.name}-{bench.processor}.spdx.json"
    file.write_text(text)


def read_built(folder: Path) -> tuple[str, dict[str, str]]:
    """The processor, and digests by name."""
    document = json.loads((folder / FILE).read_text("utf-8"))
    return document["processor"], document["images"]
