"""`kindred retraining`: replay clicks, start a run, and watch it to its end."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from kindred.similarity.catalogue import Catalogue
from kindred_aws.artefact_store import ArtefactNotFound, ArtefactStore
from kindred_aws.event_lake import QueryFailed
from kindred_aws.pseudonym_secret import NoPseudonyms
from ops.local.commands import STATE
from ops.local.operator_credentials import PlatformNotRunning
from ops.local.running_platform import RunningPlatform, running_platform
from ops.local.users import NoSuchUser
from ops.replay.api import Access, PlatformRefused, ReplayApi
from ops.retraining.click_replay import PARTNERS, Clicked, draw_queries, replay_clicks
from ops.retraining.delivery import (
    NotDelivered,
    event_lake,
    pseudonyms_of,
    wait_for_events,
)
from ops.retraining.passing_days import NothingToPass, pass_days
from ops.retraining.runs import NoSuchRun, start_run, watch_run
from ops.terminal import RESULTS, failed, progress_bars

app = typer.Typer(
    help="Retraining of the embedding model, on the platform that runs on this machine.\n\n"
    "Exit statuses: 0 done; 1 not done, and the message says why; 2 the command itself was wrong.",
    no_args_is_help=True,
)

StateDir = Annotated[Path, typer.Option(envvar="KINDRED_STATE_DIR")]
_FAILURES = (
    ArtefactNotFound,
    BotoCoreError,
    ClientError,
    NoPseudonyms,
    NoSuchRun,
    NoSuchUser,
    NotDelivered,
    NothingToPass,
    PlatformNotRunning,
    PlatformRefused,
    QueryFailed,
)


@app.command()
def replay(
    requests: Annotated[int, typer.Option(min=1, help="Apps to ask about.")] = 3_000,
    seed: Annotated[int, typer.Option(min=0, help="The same queries and draws again.")] = 0,
    in_flight: Annotated[int, typer.Option(min=1, max=64, help="Calls at once.")] = 8,
    state_dir: StateDir = STATE,
) -> None:
    """Ask for apps like real ones, and click on the answers as the stated click model does.

    Returns once all of it lies where retraining reads it.
    """
    began = datetime.now(UTC)
    try:
        here = running_platform(state_dir)
        replayed = asyncio.run(_replay(here, requests, seed, in_flight))
        wait_for_events(
            event_lake(here),
            here.output("EventDatabaseName"),
            partners=PARTNERS,
            pseudonyms=pseudonyms_of(here),
            since=began,
            count=replayed.requests + replayed.clicks,
        )
    except _FAILURES as error:
        raise failed(str(error)) from error
    RESULTS.print(f"{replayed.requests:,} requests, {replayed.clicks:,} clicks on their neighbours")


@app.command()
def start(state_dir: StateDir = STATE) -> None:
    """Start a run now, beside the weekly schedule; its name is printed."""
    try:
        run = start_run(running_platform(state_dir))
    except _FAILURES as error:
        raise failed(str(error)) from error
    RESULTS.print(run, markup=False)


@app.command()
def watch(
    run: Annotated[str | None, typer.Argument(help="Its name; without it, the newest.")] = None,
    until: Annotated[
        str | None, typer.Option(help="Stop watching when this state is entered.")
    ] = None,
    state_dir: StateDir = STATE,
) -> None:
    """Say each state that a run enters and what came of it, until it ends."""
    try:
        ended = watch_run(running_platform(state_dir), run, until=until, say=_say)
    except _FAILURES as error:
        raise failed(str(error)) from error
    if ended.failure:
        raise failed(f"{ended.name}: {ended.failure}")
    _say(f"{ended.name}: {ended.status}")


@app.command()
def days(
    days: Annotated[int, typer.Argument(min=1, help="At most; fewer where it ends before.")] = 7,
    people: Annotated[int, typer.Option(min=1, help="Who ask, on each day.")] = 2_000_000,
    seed: Annotated[int, typer.Option(min=0, help="The same people again.")] = 0,
    state_dir: StateDir = STATE,
) -> None:
    """Let the days of a new model's experiment pass.

    People are made up, and click on both models' lists as the stated click model does; the daily
    functions of the platform decide, each on the morning after.
    """
    try:
        stage = pass_days(
            running_platform(state_dir), days=days, people=people, seed=seed, say=_say
        )
    except _FAILURES as error:
        raise failed(str(error)) from error
    _say(stage.replace("_", " "))


def _say(line: str) -> None:
    RESULTS.print(line, markup=False, soft_wrap=True)


async def _replay(here: RunningPlatform, requests: int, seed: int, in_flight: int) -> Clicked:
    access = Access(
        api_url=here.api_url, api_key=here.api_key, token=lambda: here.token("experimenter")
    )
    store = ArtefactStore(boto3.client("s3"), here.output("EmbeddingsBucketName"))
    with (
        tempfile.TemporaryDirectory(prefix="catalogue-") as scratch,
        progress_bars(quiet=False) as bars,
    ):
        catalogue = Catalogue(store.download_catalogue(Path(scratch)))
        task = bars.add_task("requests", total=requests)
        async with ReplayApi(access) as api:
            return await replay_clicks(
                api,
                catalogue,
                draw_queries(catalogue, requests=requests, seed=seed),
                in_flight=in_flight,
                progress=lambda more: bars.advance(task, more),
            )
