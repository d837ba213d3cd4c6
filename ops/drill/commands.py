"""`kindred drill`: what to do when a region is lost, printed or taken and timed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.markup import escape
from rich.table import Table

from ops.deployed_stage import NotDeployed, stage_of
from ops.drill.deployed import NoSecondRegion, read, sketched, subnet_group_of
from ops.drill.failing_over import TwoRegions, failback, failover
from ops.drill.restoring import restore_database, restore_table
from ops.drill.running import Taken, World, run
from ops.drill.steps import Call, Step
from ops.terminal import MESSAGES, RESULTS, failed, give
from stacks.environment import Environment
from stacks.environment_file import load_environment
from stacks.yaml_file import InvalidFile

app = typer.Typer(
    help="Practise the loss of a region or of data: print the steps, or take and time them.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Option("--environment", help="Of environments/, such as prod.")]
Run = Annotated[bool, typer.Option("--run", help="Take the steps; without it they are printed.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
LAPTOP = "local"
TABLES = ("ExperimentsTableName", "CountersTableName")


@app.command("failover")
def fail_over(
    environment: Name,
    planned: Annotated[
        bool, typer.Option("--planned", help="The first region is well: lose nothing.")
    ] = False,
    take: Run = False,
    as_json: Json = False,
) -> None:
    """Let the second region serve. Without --run it changes nothing and needs no account."""
    known = _loaded(environment)
    steps = failover(_regions(known, take=take), planned=planned)
    _go(steps, known, take=take, as_json=as_json)


@app.command("failback")
def fail_back(environment: Name, take: Run = False, as_json: Json = False) -> None:
    """Let the first region serve again, with what was written meanwhile."""
    known = _loaded(environment)
    _go(failback(_regions(known, take=take)), known, take=take, as_json=as_json)


@app.command("restore")
def restore(environment: Name, take: Run = False, as_json: Json = False) -> None:
    """Restore tables and the database beside the originals, and remove them again.

    For the laptop's own tables, type first: eval "$(kindred local env)". Its database has no
    backups.
    """
    known = _loaded(environment)
    region, cluster = known.regions[0], f"kindred-{known.slug}"
    names, subnet_group = [f"<{name}>" for name in TABLES], f"<subnet group of {cluster}>"
    if take:
        try:
            stage = stage_of(environment, region=region)
            names = [stage.output("DataStack", name) for name in TABLES]
            if known.name != LAPTOP:
                subnet_group = subnet_group_of(cluster, region=region)
        except (BotoCoreError, ClientError, NotDeployed) as error:
            raise failed(str(error)) from error
    steps = [step for name in names for step in restore_table(name, region=region)]
    steps += restore_database(cluster, subnet_group=subnet_group, region=region)
    _go(steps, known, take=take, as_json=as_json)


def _loaded(name: str) -> Environment:
    try:
        return load_environment(name)
    except InvalidFile as error:
        raise failed(str(error)) from error


def _regions(environment: Environment, *, take: bool) -> TwoRegions:
    try:
        return read(environment) if take else sketched(environment)
    except (BotoCoreError, ClientError, NoSecondRegion, NotDeployed) as error:
        raise failed(str(error)) from error


def _go(steps: Sequence[Step], environment: Environment, *, take: bool, as_json: bool) -> None:
    if not take:
        _print(steps, as_json=as_json)
        return
    taken = run(steps, _world(laptop=environment.name == LAPTOP))
    _report(taken, environment, as_json=as_json)
    if taken[-1].ended == "failed":
        raise failed(f"{taken[-1].step.title}: {taken[-1].why}")


def _world(*, laptop: bool) -> World:
    return World(
        ask=_ask,
        person=lambda step: typer.confirm(f"{step.title}: {step.by_hand}. Done?", err=True),
        now=time.monotonic,
        wait=time.sleep,
        told=_tell,
        laptop=laptop,
    )


def _ask(call: Call) -> object:
    client = boto3.client(call.service, region_name=call.region)  # type: ignore[call-overload]
    return getattr(client, call.operation)(**call.parameters)


def _tell(taken: Taken) -> None:
    # Of what failed the command's own message says why.
    why = f", {taken.why}" if taken.ended == "left out" else f" in {taken.seconds:.0f} s"
    MESSAGES.print(f"{taken.ended}{why}: {escape(taken.step.title)}", soft_wrap=True)


def _print(steps: Sequence[Step], *, as_json: bool) -> None:
    rows = [
        {
            "step": number,
            "title": step.title,
            "do": step.by_hand or (step.call.command if step.call else None),
            "until": f"{step.until.expression} is {step.until.wanted}" if step.until else None,
            "see": step.until.call.command if step.until else None,
        }
        for number, step in enumerate(steps, 1)
    ]
    if as_json:
        RESULTS.print_json(data=rows)
        return
    for row in rows:
        RESULTS.print(f"{row['step']}. {row['title']}", markup=False, style="bold")
        for name in ("do", "see", "until"):
            if row[name]:
                RESULTS.print(f"   {name + ':':7}{row[name]}", markup=False, soft_wrap=True)


def _report(taken: Sequence[Taken], environment: Environment, *, as_json: bool) -> None:
    seconds = sum(each.seconds for each in taken)
    promised = environment.recovery.rto_minutes
    table = Table("step", "", "seconds", box=None)
    for each in taken:
        table.add_row(each.step.title, each.ended, f"{each.seconds:.0f}")
    table.add_row("all of it", "", f"{seconds:.0f}")
    if promised:
        table.add_row("promised", "", f"{60 * promised}")
    steps = [
        {"title": each.step.title, "ended": each.ended, "seconds": each.seconds, "why": each.why}
        for each in taken
    ]
    document = {"steps": steps, "seconds": seconds, "promised_minutes": promised}
    give(document, table, as_json=as_json)
