"""Where the build contexts of a deployed assembly's images lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ops.local.assembly import AssemblyMissing, ImageAsset, image_assets, read_assembly


class ImageMissing(OSError):
    """A task names an image that the assembly does not have."""


class ImageContexts:
    """Images by tag; a tag not seen before has the assembly read again."""

    def __init__(self, find_assembly: Callable[[], Path]) -> None:
        self._find_assembly = find_assembly
        self._images: dict[str, ImageAsset] = {}

    def context(self, tag: str) -> Path:
        """Raises ImageMissing."""
        return self.image(tag).context

    def image(self, tag: str) -> ImageAsset:
        """Raises ImageMissing."""
        if tag not in self._images:
            assembly = self._find_assembly()
            try:
                self._images |= {
                    image.tag: image
                    for stack in read_assembly(assembly)
                    for image in image_assets(stack)
                }
            except (AssemblyMissing, ValueError) as error:
                raise ImageMissing(str(error)) from error
        if tag not in self._images:
            raise ImageMissing(f"{assembly} has no image {tag}")
        return self._images[tag]
