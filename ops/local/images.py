"""Where the build contexts of a deployed assembly's images lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ops.local.assembly import AssemblyMissing, image_assets, read_assembly


class ImageMissing(OSError):
    """A task names an image that the assembly does not have."""


class ImageContexts:
    """Build contexts by image tag; a tag not seen before has the assembly read again."""

    def __init__(self, find_assembly: Callable[[], Path]) -> None:
        self._find_assembly = find_assembly
        self._contexts: dict[str, Path] = {}

    def context(self, tag: str) -> Path:
        """Raises ImageMissing."""
        if tag not in self._contexts:
            assembly = self._find_assembly()
            try:
                self._contexts |= {
                    image.tag: image.context
                    for stack in read_assembly(assembly)
                    for image in image_assets(stack)
                }
            except (AssemblyMissing, ValueError) as error:
                raise ImageMissing(str(error)) from error
        if tag not in self._contexts:
            raise ImageMissing(f"{assembly} has no image {tag}")
        return self._contexts[tag]
