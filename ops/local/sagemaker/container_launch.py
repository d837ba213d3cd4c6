"""How a container of an image starts here: the module that its Dockerfile names, as a process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.local.assembly import ImageAsset
from ops.local.images import ImageMissing
from ops.local.settings import LOOPBACK, REGION
from ops.local.task_environment import source_roots

# The build argument that chooses one of the modules in `training_src`.
MODULE_ARGUMENT = "CONTAINER"


@dataclass(frozen=True, slots=True)
class Launch:
    """A command, where it runs, and what an image brings to its environment."""

    command: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str]


def launch_of(image_uri: str, find: Callable[[str], ImageAsset], bytecode: Path) -> Launch:
    """From an image's tag. Raises ImageMissing."""
    tag = image_uri.rpartition(":")[2]
    image = find(tag)
    module = image.build_arguments.get(MODULE_ARGUMENT)
    if module is None:
        raise ImageMissing(f"the image {tag} has no build argument {MODULE_ARGUMENT}")
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOST": LOOPBACK,
        "PYTHONPATH": os.pathsep.join(source_roots(image.context)),
        "PYTHONPYCACHEPREFIX": str(bytecode),
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return Launch((sys.executable, "-m", module), image.context, environment)
