"""The stacks of one environment in a release's assembly, in the order of their deployment."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.local.assembly import read_assembly
from stacks.environment import Environment

# It deploys the others and not itself: an update would end the execution that makes it.
_OPERATORS = "PipelineStack"
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedStack:
    """`path` is what the CDK calls it, as in `Kindred-staging/DataStack`; `name` CloudFormation."""

    path: str
    name: str
    region: str
    template: dict[str, Any]

    @property
    def names_images(self) -> bool:
        return bool(_DIGEST.search(json.dumps(self.template)))


def released_stacks(assembly: Path, environment: Environment) -> tuple[ReleasedStack, ...]:
    """All but the pipeline's own. Raises AssemblyMissing."""
    stages = {environment.stage_id(region) for region in environment.regions}
    found = []
    for stack in read_assembly(assembly):
        path = stack.display_name.split(" ")[0]
        stage, _, name = path.partition("/")
        if stage in stages and name != _OPERATORS:
            found.append(
                ReleasedStack(
                    path=path,
                    name=stack.name,
                    region=stack.region,
                    template=stack.template,
                )
            )
    return tuple(found)


def image_regions(stacks: tuple[ReleasedStack, ...]) -> list[str]:
    """Those in which tasks or models pull images."""
    return sorted({stack.region for stack in stacks if stack.names_images})
