"""Makes a release of what each processor has built: an index, a tag, and a verdict on its scans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from ops.delivery.image_plan import ImagePlan, PlannedImage
from ops.delivery.manifests import attested, joined
from ops.delivery.registry import EcrRepository
from ops.delivery.scan_gate import COMPLETE, FAILED, Vulnerability, vulnerabilities
from stacks.release import Release, ReleasedImage

SCAN_POLLS, SCAN_SECONDS = 60, 10.0


class NotBuilt(Exception):
    """A processor has not built an image that the plan wants of it."""


class NotScanned(Exception):
    """No verdict is possible: a scan failed, or did not end."""


def release_tag(commit: str, at: dt.datetime) -> str:
    """Sorts by time, and says of what."""
    return f"{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{commit[:12]}"


def make_release(
    plan: ImagePlan,
    built: Mapping[str, Mapping[str, str]],
    repository: EcrRepository,
    *,
    commit: str,
    at: dt.datetime,
) -> Release:
    """`built` by processor and name. Raises NotBuilt, UnexpectedManifest, ImageMissing."""
    tag = release_tag(commit, at)
    images = tuple(_released(image, built, repository, tag=tag) for image in plan.images)
    return Release(commit=commit, tag=tag, images=images)


def scans(
    release: Release, repository: EcrRepository, *, wait: Callable[[float], None]
) -> dict[str, list[Vulnerability]]:
    """What was found in every image of every processor. Raises NotScanned."""
    return {
        f"{image.name} {platform}": _scan(digest, repository, wait)
        for image in release.images
        for platform, digest in image.platforms.items()
    }


def _released(
    image: PlannedImage,
    built: Mapping[str, Mapping[str, str]],
    repository: EcrRepository,
    *,
    tag: str,
) -> ReleasedImage:
    digests = {}
    for platform in image.platforms:
        processor = platform.removeprefix("linux/")
        digest = built.get(processor, {}).get(image.name)
        if digest is None:
            raise NotBuilt(f"{image.name}: not built for {platform}")
        digests[platform] = digest
    manifests = {platform: repository.manifest(digest) for platform, digest in digests.items()}
    if len(manifests) == 1:
        [manifest] = manifests.values()
        platforms = digests
    else:
        manifest = joined(manifests)
        attested(manifest, platforms=image.platforms)
        platforms = manifest.platforms
    repository.put(manifest, tag=f"{tag}-{image.name}")
    return ReleasedImage(
        name=image.name, digest=manifest.digest, platforms=platforms, sources=image.sources
    )


def _scan(
    digest: str, repository: EcrRepository, wait: Callable[[float], None]
) -> list[Vulnerability]:
    for _ in range(SCAN_POLLS):
        status, findings = repository.scan(digest)
        if status in COMPLETE:
            return vulnerabilities(findings)
        if status in FAILED:
            raise NotScanned(f"{digest}: the scan ended as {status}")
        wait(SCAN_SECONDS)
    raise NotScanned(f"{digest}: no result after {SCAN_POLLS * SCAN_SECONDS:g} seconds")
