"""What a build has made of a commit: its images by digest, and the name that they go by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from stacks.sizes import Part
from stacks.yaml_file import read_file, read_mapping, validated

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
SourceHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PLATFORMS = ("linux/amd64", "linux/arm64")


class ReleasedImage(Part):
    """`digest` is of the index over all `platforms`, or of the image itself if there is one.

    `sources` are the source hashes of the assets that it stands for, one for each processor that
    an environment asks for.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z_]+$")]
    digest: Digest
    platforms: dict[str, Digest]
    sources: Annotated[tuple[SourceHash, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _known_platforms(self) -> Self:
        if not self.platforms or set(self.platforms) - set(PLATFORMS):
            raise ValueError(
                f"platforms: given {', '.join(self.platforms) or 'none'}, "
                f"allowed {' and '.join(PLATFORMS)}"
            )
        return self


class Release(Part):
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    tag: Annotated[str, Field(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{12}$")]
    images: Annotated[tuple[ReleasedImage, ...], Field(min_length=1)]

    @property
    def digests(self) -> dict[str, str]:
        """By source hash."""
        return {source: image.digest for image in self.images for source in image.sources}


def load_release(path: Path) -> Release:
    """Raises InvalidFile."""
    text = read_file(path, file=path.name)
    return validated(Release, read_mapping(text, file=path.name), file=path.name)
