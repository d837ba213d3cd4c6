"""Copies a release's images to where an environment pulls them from, each by its digest."""

from __future__ import annotations

from ops.delivery.manifests import Manifest, UnexpectedManifest
from ops.delivery.registry import EcrRepository
from stacks.release import Release


def promote(release: Release, *, source: EcrRepository, target: EcrRepository) -> list[str]:
    """The tags that now name them there; what is there already is not sent again."""
    tags = []
    for image in release.images:
        tag = f"{release.tag}-{image.name}"
        _copy(source.manifest(image.digest), image.digest, source, target, tag=tag)
        tags.append(tag)
    return tags


def _copy(
    manifest: Manifest,
    digest: str,
    source: EcrRepository,
    target: EcrRepository,
    *,
    tag: str | None = None,
) -> None:
    """An index after what it names: a registry refuses one that names what it has not."""
    if manifest.digest != digest:
        raise UnexpectedManifest(f"asked for {digest}, got {manifest.digest}")
    for child in manifest.children:
        _copy(source.manifest(child), child, source, target)
    for blob in target.missing_blobs(manifest.blobs) if manifest.blobs else ():
        target.copy_blob(blob, source)
    target.put(manifest, tag=tag)
