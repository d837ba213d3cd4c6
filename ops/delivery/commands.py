"""`kindred delivery`: the steps of the pipeline, each of which its build specification calls."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import boto3
import httpx
import typer
from botocore.exceptions import BotoCoreError, ClientError

from ops.delivery.branch_commands import app as branch
from ops.delivery.building import Bench, BuildFailed, build_images, read_built
from ops.delivery.deployment import (
    DeploymentFailed,
    NotDeployable,
    check_deployable,
    deploy,
    promote_images,
)
from ops.delivery.image_plan import plan_images, read_plan, write_plan
from ops.delivery.load_commands import app as load
from ops.delivery.look_commands import app as look
from ops.delivery.manifests import UnexpectedManifest
from ops.delivery.registry import EcrRepository, ImageMissing, TagTaken
from ops.delivery.released_stacks import released_stacks
from ops.delivery.releasing import NotBuilt, NotScanned, make_release, scans
from ops.delivery.scan_gate import judge_scans, load_waivers
from ops.local.assembly import AssemblyMissing
from ops.terminal import MESSAGES, RESULTS, failed
from stacks.environment_file import load_environment
from stacks.release import load_release
from stacks.yaml_file import InvalidFile

app = typer.Typer(
    help="The steps of the delivery pipeline; delivery/*.yml calls them.\n\n"
    "Exit statuses: 0 done; 1 not done, and the message says why; 2 the command itself was wrong.",
    no_args_is_help=True,
)
app.add_typer(look)
app.add_typer(load)
app.add_typer(branch, name="branch")

Folder = Annotated[Path, typer.Argument(file_okay=False)]
Name = Annotated[str, typer.Option("--environment", help="A file in environments/.")]
Repository = Annotated[str, typer.Option(help="Name of the pipeline's repository of images.")]


@app.command()
def plan(
    assembly: Folder,
    into: Annotated[Path, typer.Option(help="A folder for the plan and each image's sources.")],
) -> None:
    """Say which images an assembly needs, and copy what they are made of."""
    with _answering():
        made = plan_images(assembly)
        write_plan(made, into)
    for image in made.images:
        RESULTS.print(f"{image.name}: {', '.join(image.platforms)}", markup=False)


@app.command()
def build(
    folder: Folder,
    processor: Annotated[str, typer.Option(help="amd64 or arm64: that of this machine.")],
    uri: Annotated[str, typer.Option(help="Of the repository to push to, without a tag.")],
    into: Annotated[Path, typer.Option(help="A folder for digests and bills of materials.")],
) -> None:
    """Build, push and try a plan's images on this machine's processor."""
    with _answering():
        bench = Bench(plan_folder=folder, repository_uri=uri, processor=processor, results=into)
        for name, digest in build_images(read_plan(folder), bench).items():
            RESULTS.print(f"{name}: {digest}", markup=False)


@app.command()
def release(
    folder: Folder,
    built: Annotated[list[Path], typer.Option(help="Results of a processor; once for each.")],
    commit: Annotated[str, typer.Option()],
    repository: Repository,
    into: Annotated[Path, typer.Option(help="The file to write.")],
) -> None:
    """Join what the processors have built, tag it, and hold it back for what its scans found."""
    with _answering():
        images = EcrRepository(boto3.client("ecr"), repository)
        made = make_release(
            read_plan(folder),
            dict(read_built(each) for each in built),
            images,
            commit=commit,
            at=dt.datetime.now(dt.UTC),
        )
        verdict = judge_scans(
            scans(made, images, wait=time.sleep),
            load_waivers(),
            today=dt.datetime.now(dt.UTC).date(),
        )
    for waiver in verdict.expired:
        MESSAGES.print(f"waiver {waiver}: its date is past", markup=False)
    for waiver in verdict.unused:
        MESSAGES.print(f"waiver {waiver}: no image needs it", markup=False)
    if not verdict.passes:
        raise failed(verdict.told)
    into.write_text(json.dumps(made.model_dump(mode="json"), indent=2) + "\n")
    RESULTS.print(made.tag, markup=False)


@app.command("deploy")
def deploy_command(
    assembly: Folder,
    release: Annotated[Path, typer.Option(help="The release that the assembly names.")],
    environment: Name,
    repository: Repository,
) -> None:
    """Promote the release's images to an environment, and deploy its stacks."""
    with _answering():
        chosen = load_environment(environment)
        stacks = released_stacks(assembly, chosen)
        check_deployable(chosen, stacks)
        for place in promote_images(load_release(release), chosen, stacks, repository=repository):
            RESULTS.print(place, markup=False)
        deploy(assembly, stacks)


@contextmanager
def _answering() -> Iterator[None]:
    """What goes wrong is said in its own words; exit status 1."""
    try:
        yield
    except (
        AssemblyMissing,
        BotoCoreError,
        BuildFailed,
        ClientError,
        DeploymentFailed,
        httpx.HTTPError,
        ImageMissing,
        InvalidFile,
        NotBuilt,
        NotDeployable,
        NotScanned,
        TagTaken,
        UnexpectedManifest,
    ) as error:
        raise failed(str(error)) from error
