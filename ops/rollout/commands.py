"""`kindred rollout`: roll a model out step by step, watch it, and call it back."""

from __future__ import annotations

import time
from typing import Annotated

import boto3
import typer

from kindred_aws.artefact_store import ArtefactStore
from ops.local.commands import STATE
from ops.local.running_platform import running_platform
from ops.rollout.documents import list_table, show_table
from ops.rollout.here import AsJson, StateDir, answering, rollout_api, say
from ops.rollout.packaging import Registry
from ops.rollout.packaging import register as register_package
from ops.rollout.start_command import require_completed, start_command
from ops.rollout.traffic_command import traffic_command
from ops.rollout.watching import watch as watch_deployment
from ops.terminal import give, progress_bars

app = typer.Typer(
    help="Roll models out on the platform that runs on this machine.\n\n"
    "Exit statuses: 0 done; 1 not done, and the message says why; 2 the command itself was wrong.",
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="Its id, as `start` printed it.")]
Reason = Annotated[str, typer.Option(help="Kept with the deployment.")]

app.command("start")(start_command)
app.command("traffic")(traffic_command)


@app.command()
def register(
    version: Annotated[str, typer.Option(help="Of the published embeddings.")] = "v2",
    approve: Annotated[bool, typer.Option(help="Or leave that to somebody.")] = True,
    state_dir: StateDir = STATE,
) -> None:
    """Make a model package of published embeddings, and print its ARN.

    The first approved one creates the endpoint, with all traffic.
    """
    with answering(), progress_bars(quiet=False) as bars:
        platform = running_platform(state_dir)
        bars.add_task("packing", total=None)
        arn = register_package(
            ArtefactStore(boto3.client("s3"), platform.output("EmbeddingsBucketName")),
            version,
            registry=Registry(
                training_bucket=platform.output("TrainingBucketName"),
                package_group=platform.output("ModelPackageGroupName"),
                image=platform.output("InferenceImageUri"),
            ),
            files=boto3.client("s3"),
            sagemaker=boto3.client("sagemaker"),
            approve=approve,
        )
    say(arn)


@app.command("list")
def list_command(
    endpoint: Annotated[str | None, typer.Option(help="Of this one, newest first.")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    state_dir: StateDir = STATE,
    as_json: AsJson = False,
) -> None:
    """Deployments, each with its state and why."""
    with answering():
        found = list(rollout_api(state_dir).deployments(endpoint, most=most))
    give(found, list_table(found), as_json=as_json)


@app.command()
def show(deployment: Id, state_dir: StateDir = STATE, as_json: AsJson = False) -> None:
    """Weights, plan, and every transition and judgement with its reasons."""
    with answering():
        found = rollout_api(state_dir).deployment(deployment)
    give(found, show_table(found), as_json=as_json)


@app.command()
def watch(deployment: Id, state_dir: StateDir = STATE) -> None:
    """Say each transition, judgement and shift until it has ended; status 1 unless completed."""
    with answering():
        ended = watch_deployment(rollout_api(state_dir), deployment, say=say, sleep=time.sleep)
    require_completed(ended)


@app.command()
def complete(deployment: Id, reason: Reason = "", state_dir: StateDir = STATE) -> None:
    """All traffic to the canary now, as an approver."""
    _ask(deployment, "complete", reason, state_dir)


@app.command()
def cancel(deployment: Id, reason: Reason = "", state_dir: StateDir = STATE) -> None:
    """Go back, and call it cancelled."""
    _ask(deployment, "cancel", reason, state_dir)


@app.command()
def rollback(deployment: Id, reason: Reason = "", state_dir: StateDir = STATE) -> None:
    """Go back, and refuse the model for a while."""
    _ask(deployment, "rollback", reason, state_dir)


@app.command()
def pause(deployment: Id, reason: Reason = "", state_dir: StateDir = STATE) -> None:
    """Stay at the share of traffic that it has."""
    _ask(deployment, "pause", reason, state_dir)


@app.command()
def resume(deployment: Id, reason: Reason = "", state_dir: StateDir = STATE) -> None:
    """Go on after a pause."""
    _ask(deployment, "resume", reason, state_dir)


def _ask(deployment: str, verb: str, reason: str, state_dir: StateDir) -> None:
    with answering():
        found = rollout_api(state_dir).ask(deployment, verb, reason=reason)
    say(f"{found['state']}: {verb} asked for")
