"""Deploys an environment's stacks from a release's assembly, and builds nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import boto3

from ops.delivery.bootstrap_roles import assets_repository, bootstrap_session
from ops.delivery.promotion import promote
from ops.delivery.registry import EcrRepository
from ops.delivery.released_stacks import ReleasedStack, image_regions
from stacks.environment import Environment
from stacks.release import Release

ROOT = Path(__file__).parents[2]
_CDK = ROOT / "node_modules" / ".bin" / "cdk"


class NotDeployable(Exception):
    """The environment needs something that a pipeline cannot give it."""


class DeploymentFailed(Exception):
    """CloudFormation went back, or did not begin."""


def check_deployable(environment: Environment, stacks: tuple[ReleasedStack, ...]) -> None:
    """Raises NotDeployable, before anything has changed."""
    if not stacks:
        raise NotDeployable(f"the release has no stack of {environment.slug}")
    if environment.domain is None:
        raise NotDeployable(
            f"environments/{environment.name}.yaml: domain: not given; without one somebody has "
            "to accept the load balancer's certificate after each deployment, and a pipeline "
            "may not (docs/adr/0004-internal-certificate.md)"
        )


def promote_images(
    release: Release,
    environment: Environment,
    stacks: tuple[ReleasedStack, ...],
    *,
    repository: str,
) -> list[str]:
    """Where they are now, for each region that pulls them."""
    source = EcrRepository(boto3.client("ecr"), repository)
    placed = []
    for region in image_regions(stacks):
        session = bootstrap_session(environment, region=region, kind="image-publishing")
        account = session.client("sts").get_caller_identity()["Account"]
        target = EcrRepository(session.client("ecr"), assets_repository(account, region))
        for tag in promote(release, source=source, target=target):
            placed.append(f"{region}: {target.name}:{tag}")
    return placed


def deploy_command(assembly: Path, stacks: tuple[ReleasedStack, ...]) -> list[str]:
    """One after another in their order, since references between stacks are weak."""
    return [
        *(str(_CDK), "deploy", "--app", str(assembly)),
        *("--require-approval", "never", "--ci", "--progress", "events", "--exclusively"),
        *("--concurrency", "1"),
        *(stack.path for stack in stacks),
    ]


def deploy(assembly: Path, stacks: tuple[ReleasedStack, ...]) -> None:
    """Waits for canaries and for their old tasks. Raises DeploymentFailed."""
    done = subprocess.run(deploy_command(assembly, stacks), cwd=ROOT, check=False)
    if done.returncode:
        raise DeploymentFailed(f"cdk deploy ended with status {done.returncode}")
