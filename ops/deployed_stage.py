"""Where a deployed environment is: the region and the outputs of its stacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from stacks.yaml_file import InvalidFile

if TYPE_CHECKING:
    from stacks.environment import Environment

_LAPTOP = '; for the platform on this machine type: eval "$(kindred local env)"'


class NotDeployed(ValueError):
    """There is no such environment, or its stacks cannot be found or read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStage:
    """`prefix` as in `Kindred-dev`; without a region, the AWS SDK's own.

    `before` is what stands before the names of stacks that stand by for those of another region.
    """

    prefix: str
    region: str | None
    before: str = ""

    def output(self, stack: str, name: str) -> str:
        """Raises NotDeployed."""
        full_name = f"{self.prefix}-{self.before}{stack}"
        try:
            client = boto3.client("cloudformation", region_name=self.region)
            described = client.describe_stacks(StackName=full_name)["Stacks"]
        except (ClientError, BotoCoreError) as error:
            where = f" in {self.region}" if self.region else ""
            raise NotDeployed(
                f"the outputs of stack {full_name} cannot be read{where}: {error}"
                + (_LAPTOP if self.prefix == "Kindred-local" else "")
            ) from error
        for output in described[0].get("Outputs", []) if described else []:
            if output.get("OutputKey") == name:
                return output["OutputValue"]
        raise NotDeployed(f"stack {full_name} has no output {name}; is it deployed?")


def stage_of(environment: str, *, region: str | None = None) -> DeployedStage:
    """As the environment's file places it. Raises NotDeployed."""
    known = _known(environment)
    if region is None and len(known.regions) > 1:
        raise NotDeployed(
            f"environment {environment} has regions {', '.join(known.regions)}, "
            "each a platform of its own: name one with --region"
        )
    chosen = region or known.regions[0]
    if chosen not in known.regions:
        raise NotDeployed(f"region: given {chosen!r}, allowed {', '.join(known.regions)}")
    return DeployedStage(prefix=known.stage_id(chosen), region=chosen)


def stages_of(environment: str) -> tuple[DeployedStage, ...]:
    """In each of its regions, first the one where it stands by. Raises NotDeployed."""
    from stacks.recovery import STANDBY  # its models take long to load

    known = _known(environment)
    serving = tuple(
        DeployedStage(prefix=known.stage_id(region), region=region) for region in known.regions
    )
    if not known.recovery.replicates:
        return serving
    [first] = serving
    return DeployedStage(prefix=first.prefix, region=known.recovery.region, before=STANDBY), first


def _known(environment: str) -> Environment:
    from stacks.environment_file import load_environment  # its models take long to load

    try:
        return load_environment(environment)
    except InvalidFile as error:
        raise NotDeployed(str(error)) from error
