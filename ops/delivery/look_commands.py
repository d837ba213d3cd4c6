"""`kindred delivery`: what looks at an environment and changes nothing."""

from __future__ import annotations

import datetime as dt
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from ops.delivery.api_access import ApiAccess, NoApi, api_access
from ops.delivery.bootstrap_roles import bootstrap_session
from ops.delivery.changes import stack_changes, summary
from ops.delivery.released_stacks import ReleasedStack, released_stacks
from ops.delivery.smoke import failures
from ops.delivery.smoke import smoke as ask
from ops.delivery.watch import AwsEnvironment, Watch
from ops.local.assembly import AssemblyMissing
from ops.terminal import MESSAGES, RESULTS, failed
from stacks.delivery import DeliveryStage
from stacks.environment import Environment
from stacks.environment_file import load_environment
from stacks.release import load_release
from stacks.yaml_file import InvalidFile

app = typer.Typer()
Name = Annotated[str, typer.Option("--environment", help="A file in environments/.")]
Pipeline = Annotated[
    str, typer.Option("--pipeline", help="The environment whose file describes the pipeline.")
]
Url = Annotated[
    str | None, typer.Option(help="Of an API, with KINDRED_API_KEY, instead of an environment.")
]
Key = Annotated[str | None, typer.Option(envvar="KINDRED_API_KEY", hidden=True)]
FAILURES = (AssemblyMissing, BotoCoreError, ClientError, InvalidFile, NoApi)


@app.command()
def changes(
    assembly: Annotated[Path, typer.Argument(file_okay=False)],
    environment: Name,
    release: Annotated[
        Path | None, typer.Option(help="That the assembly names; none for a synthesis as it is.")
    ] = None,
) -> None:
    """Say in one line what an assembly changes in an environment, for who approves it."""
    try:
        chosen = load_environment(environment)
        tag = load_release(release).tag if release else "of this checkout"
        found = [
            stack_changes(
                stack.path.partition("/")[2],
                deployed=_deployed(stack, chosen),
                wanted=stack.template,
            )
            for stack in released_stacks(assembly, chosen)
        ]
    except FAILURES as error:
        raise failed(str(error)) from error
    typer.echo(summary(tag, found))


@app.command()
def stages(pipeline: Pipeline) -> None:
    """Print the environments of a pipeline as `make synth ENV=` takes them."""
    try:
        described = load_environment(pipeline).pipeline
    except InvalidFile as error:
        raise failed(str(error)) from error
    if described is None:
        raise failed(f"environments/{pipeline}.yaml: pipeline: not given")
    typer.echo(",".join(stage.environment for stage in described.stages))


@app.command()
def access(environment: Name) -> None:
    """Print where the API is and its key, as lines for `eval`."""
    found = reach(environment, url=None, key=None)
    typer.echo(f"export KINDRED_URL='{found.url}' KINDRED_API_KEY='{found.key}'")


@app.command()
def smoke(
    environment: Annotated[str | None, typer.Option()] = None, url: Url = None, key: Key = None
) -> None:
    """Ask each part of the API once."""
    checks = ask(reach(environment, url=url, key=key))
    for check in checks:
        RESULTS.print(f"{'FAILED' if check.wrong else 'ok':6} {check.name}", markup=False)
    if wrong := list(failures(checks)):
        raise failed("; ".join(f"{check.name}: {check.wrong}" for check in wrong))


@app.command()
def watch(environment: Name, pipeline: Pipeline) -> None:
    """See that no alarm goes off and that synthetic checks pass, for as long as the stage says."""
    try:
        chosen, stage = load_environment(environment), stage_of(pipeline, environment)
        verdicts = [_watched(chosen, region, stage) for region in chosen.regions]
    except FAILURES as error:
        raise failed(str(error)) from error
    if wrong := [reason for quiet, reason in verdicts if not quiet]:
        raise failed("; ".join(wrong))


def reach(environment: str | None, *, url: str | None, key: str | None) -> ApiAccess:
    """Of an environment, or as given. Ends the command where there is none."""
    if (environment is None) == (url is None):
        raise typer.BadParameter("given both or neither, allowed --environment or --url")
    try:
        if environment:
            return api_access(load_environment(environment))
    except FAILURES as error:
        raise failed(str(error)) from error
    if not key:
        raise failed("KINDRED_API_KEY: not set; --url needs it")
    return ApiAccess(url=f"{str(url).rstrip('/')}/", key=key)


def stage_of(pipeline: str, environment: str) -> DeliveryStage:
    """Raises InvalidFile."""
    described = load_environment(pipeline).pipeline
    stages = {each.environment: each for each in (described.stages if described else ())}
    if environment not in stages:
        raise InvalidFile(
            f"environments/{pipeline}.yaml: pipeline.stages: given "
            f"{', '.join(stages) or 'none'}, allowed with {environment} among them"
        )
    return stages[environment]


def _watched(environment: Environment, region: str, stage: DeliveryStage) -> tuple[bool, str]:
    session = partial(bootstrap_session, environment, region=region, kind="lookup")
    watched = AwsEnvironment(session, prefix=f"{environment.stage_id(region)}-")
    silent = watched.alarms()
    if silent:
        MESSAGES.print(f"{region}: in alarm before: {', '.join(silent)}", markup=False)
    now = partial(dt.datetime.now, dt.UTC)
    watching = Watch(watched, started=now(), silent=silent)
    verdict = watching.run(stage.watch_minutes, now=now, wait=time.sleep)
    RESULTS.print(f"{region}: {verdict.reason}", markup=False)
    return verdict.quiet, f"{region}: {verdict.reason}"


def _deployed(stack: ReleasedStack, environment: Environment) -> dict[str, Any] | None:
    session = bootstrap_session(environment, region=stack.region, kind="lookup")
    cloudformation = session.client("cloudformation")
    try:
        body = cloudformation.get_template(StackName=stack.name, TemplateStage="Original")
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    template: dict[str, Any] = body["TemplateBody"]
    return template
