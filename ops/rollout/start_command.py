"""`kindred rollout start`: a model, an endpoint, and what the plan is to be other than usual."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from kindred.rollout.rollout_plan import Engine, OnNoData
from kindred.rollout.thresholds import Thresholds
from ops.local.commands import STATE
from ops.rollout.here import AsJson, StateDir, answering, rollout_api, say
from ops.rollout.watching import watch
from ops.terminal import RESULTS, failed


def start_command(
    package: Annotated[str | None, typer.Option(help="ARN of an approved model package.")] = None,
    image: Annotated[
        str | None, typer.Option(help="With --model-data: an artefact of no package.")
    ] = None,
    model_data: Annotated[str | None, typer.Option(help="s3://…/model.tar.gz")] = None,
    endpoint: Annotated[str, typer.Option(help="Its short name.")] = "embeddings",
    engine: Annotated[
        Engine | None, typer.Option(help="weights: ours to judge; guardrails: SageMaker's own.")
    ] = None,
    canary: Annotated[int | None, typer.Option(help="Percent of traffic at first.")] = None,
    step: Annotated[int | None, typer.Option(help="Percent more after each bake.")] = None,
    bake: Annotated[int | None, typer.Option(help="Minutes between steps.")] = None,
    maximum: Annotated[int | None, typer.Option(help="Minutes before it goes back.")] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(help=f"NAME=VALUE, any of {', '.join(Thresholds.__dataclass_fields__)}."),
    ] = None,
    auto_rollback: Annotated[bool | None, typer.Option(help="Or wait for somebody.")] = None,
    on_no_data: Annotated[OnNoData | None, typer.Option(help="When metrics stay away.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge, and shift nothing.")] = False,
    key: Annotated[
        str | None, typer.Option(help="Idempotency key: a repeated start is the same one.")
    ] = None,
    watched: Annotated[bool, typer.Option("--watch", help="Until it has ended.")] = False,
    state_dir: StateDir = STATE,
    as_json: AsJson = False,
) -> None:
    """Begin a rollout; without options it takes 10 % more traffic every 10 minutes."""
    artefact = {"image": image, "model_data_url": model_data}
    given = {
        "endpoint": endpoint,
        "model_package_arn": package,
        "artefact": artefact if image or model_data else None,
        "engine": engine,
        "canary_percent": canary,
        "step_percent": step,
        "bake_minutes": bake,
        "maximum_minutes": maximum,
        "thresholds": _thresholds(threshold or []) or None,
        "auto_rollback": auto_rollback,
        "on_no_data": on_no_data,
        "dry_run": dry_run,
    }
    body = {name: value for name, value in given.items() if value is not None}
    with answering():
        api = rollout_api(state_dir)
        started = api.start(body, key=key or secrets.token_hex(16))
        if as_json:
            RESULTS.print_json(data=started)
        else:
            say(started["deployment_id"])
        if watched:
            ended = watch(api, started["deployment_id"], say=say, sleep=time.sleep)
            require_completed(ended)


def require_completed(deployment: dict[str, Any]) -> None:
    """Exit status 1 for a rollout that did not go all the way."""
    if deployment["state"] != "COMPLETED":
        raise failed(f"{deployment['state']}: {deployment['reason']}")


def _thresholds(given: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for each in given:
        name, _, value = each.partition("=")
        try:
            found[name] = int(value) if value.isdecimal() else float(value)
        except ValueError:
            raise typer.BadParameter(f"given {each!r}, allowed NAME=NUMBER") from None
    return found
