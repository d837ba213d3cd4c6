"""`kindred delivery`: load on an environment's API."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from ops.delivery.api_access import ApiAccess, NoApi, api_access
from ops.delivery.bootstrap_roles import bootstrap_session
from ops.delivery.load import (
    Accompanied,
    Figures,
    LoadFailed,
    canary_load,
    judge_load,
    run_load,
    run_while,
)
from ops.delivery.look_commands import Key, Name, Pipeline, Url, reach, stage_of
from ops.terminal import MESSAGES, RESULTS, failed
from stacks.delivery import LoadTest
from stacks.environment import Environment
from stacks.environment_file import load_environment
from stacks.yaml_file import InvalidFile

app = typer.Typer()
# Of other stacks, and of a database or an index that is changed on the way.
_BESIDE_THE_CANARY_MINUTES = 90


@app.command("load-test")
def load_test(environment: Name, pipeline: Pipeline) -> None:
    """Load a deployed environment as its stage says, and judge its answers."""
    try:
        wanted = stage_of(pipeline, environment).load_test
        if wanted is None:
            raise InvalidFile(f"environments/{pipeline}.yaml: no load_test for {environment}")
        access = api_access(load_environment(environment))
    except (BotoCoreError, ClientError, InvalidFile, NoApi) as error:
        raise failed(str(error)) from error
    with tempfile.TemporaryDirectory() as folder:
        _judge(
            _loaded(access, wanted.requests_per_second, wanted.minutes * 60, Path(folder)), wanted
        )


@app.command("load-smoke")
def load_smoke(
    url: Url = None,
    key: Key = None,
    seconds: Annotated[int, typer.Option(min=5, max=600)] = 30,
    rate: Annotated[int, typer.Option(min=1, max=500, help="Requests a second.")] = 10,
    p99_ms: Annotated[int, typer.Option(min=1)] = 1500,
) -> None:
    """Load any API a little: enough to see that a change has not made it many times slower."""
    access = reach(None, url=url, key=key)
    with tempfile.TemporaryDirectory() as folder:
        figures = _loaded(access, rate, seconds, Path(folder))
    wanted = LoadTest(requests_per_second=rate, minutes=1, p99_latency_ms=p99_ms)
    _judge(figures, wanted, seconds=seconds)


@app.command("canary-load")
def canary_load_command(environment: Name) -> None:
    """Send what a canary's alarms need, for as long as the environment is being deployed."""
    try:
        chosen = load_environment(environment)
        access = api_access(chosen)
    except NoApi as error:
        # The first deployment of all has no canary: nothing is there to compare it with.
        MESSAGES.print(f"no load: {error}", markup=False)
        return
    except (BotoCoreError, ClientError, InvalidFile) as error:
        raise failed(str(error)) from error
    minutes = chosen.deployment.longest_minutes + _BESIDE_THE_CANARY_MINUTES
    rate = canary_load(chosen.deployment)
    RESULTS.print(f"{rate} requests a second, {minutes} minutes at most", markup=False)
    with tempfile.TemporaryDirectory() as folder:
        try:
            figures = run_while(
                access,
                rate=rate,
                seconds=minutes * 60,
                figures=Path(folder) / "canary",
                going_on=Accompanied(lambda: _under_way(chosen)),
                wait=time.sleep,
            )
        except (BotoCoreError, ClientError, LoadFailed) as error:
            raise failed(str(error)) from error
    # Whether they were answered well is for the alarms to say, which stop the deployment.
    _tell(figures)


def _loaded(access: ApiAccess, rate: int, seconds: int, folder: Path) -> Figures:
    try:
        return run_load(access, rate=rate, seconds=seconds, figures=folder / "load")
    except LoadFailed as error:
        raise failed(str(error)) from error


def _judge(figures: Figures, wanted: LoadTest, *, seconds: int | None = None) -> None:
    _tell(figures)
    if faults := judge_load(figures, wanted, seconds=seconds or wanted.minutes * 60):
        raise failed("; ".join(faults))


def _tell(figures: Figures) -> None:
    RESULTS.print(
        f"{figures.requests} requests, {figures.error_percent:.2f} % failed, "
        f"p99 {figures.p99_latency_ms:.0f} ms",
        markup=False,
    )


def _under_way(environment: Environment) -> bool:
    """Whether any stack of the environment's first region is being changed, or goes back."""
    region = environment.regions[0]
    session = bootstrap_session(environment, region=region, kind="lookup")
    pages = session.client("cloudformation").get_paginator("describe_stacks").paginate()
    prefix = f"{environment.stage_id(region)}-"
    return any(
        stack["StackStatus"].endswith("_IN_PROGRESS")
        for page in pages
        for stack in page["Stacks"]
        if stack["StackName"].startswith(prefix)
    )
