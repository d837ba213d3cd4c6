"""Read a cloud assembly: its stacks in the order of their dependencies, and their assets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

STACK = "aws:cloudformation:stack"
NESTED = "cdk:cloud-assembly"
ASSETS = "cdk:asset-manifest"


class AssemblyMissing(Exception):
    """No cloud assembly where one was expected."""


@dataclass(frozen=True)
class Stack:
    """One stack as it was synthesized."""

    name: str
    template_file: Path
    asset_manifests: tuple[Path, ...]
    display_name: str
    region: str

    @cached_property
    def template(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.template_file.read_text())
        return content


@dataclass(frozen=True, slots=True)
class FileAsset:
    """A file or folder that the deployment puts into a bucket."""

    source: Path
    packaging: str
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class ImageAsset:
    """The build context of a container image, and the tag under which tasks name it."""

    context: Path
    tag: str
    build_arguments: dict[str, str]


def read_assembly(directory: Path) -> tuple[Stack, ...]:
    """Every stack of the assembly and its nested ones, producers first."""
    stacks: dict[str, Stack] = {}
    order: TopologicalSorter[str] = TopologicalSorter()
    _collect(directory, stacks, order)
    return tuple(stacks[artifact] for artifact in order.static_order() if artifact in stacks)


def _collect(directory: Path, stacks: dict[str, Stack], order: TopologicalSorter[str]) -> None:
    manifest = directory / "manifest.json"
    if not manifest.exists():
        raise AssemblyMissing(f"no cloud assembly in {directory}: run `make synth ENV=local`")
    artifacts = json.loads(manifest.read_text())["artifacts"]
    for artifact_id, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == NESTED:
            _collect(directory / properties["directoryName"], stacks, order)
        elif artifact["type"] == STACK:
            dependencies = artifact.get("dependencies", [])
            order.add(artifact_id, *dependencies)
            stacks[artifact_id] = Stack(
                name=properties.get("stackName", artifact_id),
                template_file=directory / properties["templateFile"],
                asset_manifests=tuple(
                    directory / artifacts[name]["properties"]["file"]
                    for name in dependencies
                    if name in artifacts and artifacts[name]["type"] == ASSETS
                ),
                display_name=artifact.get("displayName", artifact_id),
                # As in aws://123456789012/us-east-1.
                region=artifact["environment"].rpartition("/")[2],
            )


def file_assets(stack: Stack, *, account: str, region: str) -> tuple[FileAsset, ...]:
    """The stack's file assets, its template among them, with the account and region filled in."""
    found = []
    for manifest, content in _asset_manifests(stack):
        for asset in content.get("files", {}).values():
            source = asset["source"]
            for destination in asset["destinations"].values():
                found.append(
                    FileAsset(
                        source=manifest.parent / source["path"],
                        packaging=source.get("packaging", "file"),
                        bucket=_fill_in(destination["bucketName"], account, region),
                        key=destination["objectKey"],
                    )
                )
    return tuple(found)


def image_assets(stack: Stack) -> tuple[ImageAsset, ...]:
    """The stack's container images as build contexts."""
    return tuple(
        ImageAsset(
            context=(manifest.parent / asset["source"]["directory"]).resolve(),
            tag=destination["imageTag"],
            build_arguments=asset["source"].get("dockerBuildArgs", {}),
        )
        for manifest, content in _asset_manifests(stack)
        for asset in content.get("dockerImages", {}).values()
        for destination in asset["destinations"].values()
    )


def _asset_manifests(stack: Stack) -> list[tuple[Path, dict[str, Any]]]:
    return [(path, json.loads(path.read_text())) for path in stack.asset_manifests]


def _fill_in(text: str, account: str, region: str) -> str:
    return text.replace("${AWS::AccountId}", account).replace("${AWS::Region}", region)
