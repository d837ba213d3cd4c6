"""The policy findings that somebody has looked at and answers for, in one file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

import aws_cdk as cdk
from constructs import IConstruct
from pydantic import Field, model_validator

from stacks.environment import Environment
from stacks.recovery import STANDBY
from stacks.sizes import Part
from stacks.yaml_file import read_file, read_mapping, validated

FILE = Path(__file__).parents[1] / "policy" / "acknowledgements.yaml"


class Acknowledgement(Part):
    """`path` is a construct's below the stage; what lies beneath it is acknowledged too.

    `<Stage>`, `<Region>` and `<Slug>` in an id stand for the stage's id, the stack's region, and
    the environment among all of the account; `<SecondRegion>` is where it recovers. A finding that
    is right in some environments only names them: elsewhere it is still a finding.
    """

    id: Annotated[str, Field(pattern=r"^(AwsSolutions|NIST\.800\.53\.R5)::(AwsSolutions|NIST)")]
    path: Annotated[str, Field(pattern=r"^[A-Za-z]+Stack(/|$)")]
    reason: Annotated[str, Field(min_length=30)]
    owner: Annotated[str, Field(min_length=2)]
    expires: dt.date
    environments: tuple[str, ...] | None = None

    def id_in(self, *, stage: str, region: str, environment: Environment) -> str:
        known = {
            "<Stage>": stage,
            "<Region>": region,
            "<Slug>": environment.slug,
            "<SecondRegion>": environment.recovery.region or "",
        }
        return re.sub("|".join(known), lambda found: known[found[0]], self.id)

    @property
    def of_standby(self) -> Acknowledgement:
        """Where stacks that stand by refer to each other, as those do that they stand by for."""
        referred = '"StackName":"<Stage>-'
        return self.model_copy(update={"id": self.id.replace(referred, f"{referred}{STANDBY}")})


class _File(Part):
    acknowledgements: tuple[Acknowledgement, ...]

    @model_validator(mode="after")
    def _once(self) -> Self:
        seen: set[tuple[str, str]] = set()
        for each in self.acknowledgements:
            if (each.id, each.path) in seen:
                raise ValueError(f"{each.id} on {each.path} is given twice, allowed once")
            seen.add((each.id, each.path))
        return self


def load_acknowledgements(path: Path = FILE) -> tuple[Acknowledgement, ...]:
    """Raises InvalidFile."""
    file = f"{path.parent.name}/{path.name}"
    given = read_mapping(read_file(path, file=file), file=file)
    return validated(_File, given, file=file).acknowledgements


def acknowledge(
    stage: cdk.Stage,
    environment: Environment,
    acknowledgements: Sequence[Acknowledgement],
) -> None:
    """Where a path does not exist in this environment, there is nothing to acknowledge.

    What is right of a stack is right of the one that stands by for it in a second region.
    """
    for each in acknowledgements:
        if each.environments is not None and environment.name not in each.environments:
            continue
        for path, right in (
            (each.path, (each,)),
            (f"{STANDBY}{each.path}", (each, each.of_standby)),
        ):
            if node := _at(stage, path):
                region = cdk.Stack.of(node).region
                ids = dict.fromkeys(
                    one.id_in(stage=stage.node.id, region=region, environment=environment)
                    for one in right
                )
                cdk.Validations.of(node).acknowledge(
                    *(cdk.Acknowledgment(id=given, reason=each.reason) for given in ids)
                )


def _at(stage: cdk.Stage, path: str) -> IConstruct | None:
    node: IConstruct | None = stage
    for part in path.split("/"):
        node = node.node.try_find_child(part) if node else None
    return node
