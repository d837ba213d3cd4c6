"""`kindred local fault`: make the local SageMaker fail as the real one does."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from ops.local.bring_up import running_settings
from ops.local.commands import ROOT, STATE, StateDir
from ops.local.leftovers import find_supervisor
from ops.local.operator_credentials import PlatformNotRunning, sagemaker_key
from ops.local.outcomes import FAILED, NOT_RUNNING
from ops.local.sagemaker.faults import FAULTS, Fault
from ops.local.sagemaker.http_server import FAULTS_PATH, KEY_HEADER
from ops.local.settings import LocalSettings
from ops.terminal import unwrapped

app = typer.Typer(
    help="Make the local SageMaker fail: slow or failing models, stuck or failed updates, ...",
    no_args_is_help=True,
)
NAMES = ", ".join(FAULTS)
OFF = Fault(name="slow-model")


@app.command("list")
def list_faults(
    state_dir: StateDir = STATE,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Every fault there is, and those that are on."""
    on = _call(state_dir, "GET", None)
    if as_json:
        print(json.dumps(on))  # noqa: T201
        return
    table = Table("fault", "", "on", box=None)
    for name, meaning in FAULTS.items():
        places = [_where(fault) for fault in on if fault["name"] == name]
        table.add_row(name, meaning, "\n".join(places) or "-")
    unwrapped(Console(highlight=False)).print(table)


@app.command("on")
def switch_on(
    name: Annotated[str, typer.Argument(help=f"One of {NAMES}.")],
    endpoint: Annotated[str, typer.Option(help="May hold wildcards.")] = OFF.endpoint,
    variant: Annotated[str, typer.Option(help="Such as 'canary-*'.")] = OFF.variant,
    share: Annotated[float, typer.Option(help="Of requests, above 0, at most 1.")] = OFF.share,
    milliseconds: Annotated[
        float, typer.Option(help="By how much a slow model is slower.")
    ] = OFF.milliseconds,
    state_dir: StateDir = STATE,
) -> None:
    """Switch a fault on, until it is switched off or the platform goes down."""
    _call(
        state_dir,
        "POST",
        {
            "name": name,
            "endpoint": endpoint,
            "variant": variant,
            "share": share,
            "milliseconds": milliseconds,
        },
    )


@app.command("off")
def switch_off(
    name: Annotated[str | None, typer.Argument(help="Which; without a name, all.")] = None,
    state_dir: StateDir = STATE,
) -> None:
    """Switch a fault off everywhere."""
    _call(state_dir, "DELETE", {"name": name})


def _call(state_dir: Any, method: str, content: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The faults that are on afterwards; ends the command when there is nobody, or it is wrong."""
    settings = running_settings(LocalSettings(root=ROOT, state=state_dir.resolve()))
    try:
        if find_supervisor(settings.state) is None:
            raise PlatformNotRunning(f"no platform runs in {settings.state}")
        answer = httpx.request(
            method,
            f"{settings.sagemaker_url}{FAULTS_PATH}",
            headers={KEY_HEADER: sagemaker_key(settings)},
            json=content,
        )
    except (PlatformNotRunning, httpx.HTTPError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        raise typer.Exit(NOT_RUNNING) from None
    if answer.is_error:
        print(answer.json()["message"], file=sys.stderr)  # noqa: T201
        raise typer.Exit(FAILED)
    faults: list[dict[str, Any]] = answer.json()["faults"]
    return faults


def _where(fault: dict[str, Any]) -> str:
    """One that is on, in words."""
    place = f"{fault['endpoint']}/{fault['variant']}"
    amount = f" by {fault['milliseconds']:g} ms" if fault["name"] == "slow-model" else ""
    share = f", {fault['share']:.0%} of requests" if fault["share"] < 1 else ""
    return f"{place}{amount}{share}"
