"""`kindred local`: the platform on this machine."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.console import Console

from ops.local.assembly import read_assembly
from ops.local.bring_up import UpRequest, bring_up, running_settings
from ops.local.catalogue import shared_files
from ops.local.display import print_fidelity, print_platform, print_started
from ops.local.fidelity import describe_types
from ops.local.follow import follow_logs
from ops.local.leftovers import end_platform, find_supervisor
from ops.local.operator_credentials import (
    PlatformNotRunning,
    become_operator,
    operator_environment,
)
from ops.local.outcomes import FAILED, NOT_RUNNING, report_absence, reported
from ops.local.progress import Phases
from ops.local.settings import (
    CACHE_PORT,
    DATABASE_PORT,
    EMULATOR_PORT,
    SAGEMAKER_PORT,
    SEARCH_PORT,
    START_PORT,
    TRACES_PORT,
    LocalSettings,
)
from ops.local.state_files import read_json
from ops.local.users import ROLES, NoSuchUser, fresh_token
from ops.terminal import unwrapped

ROOT = Path(__file__).parents[2]
ASSEMBLY = ROOT / "cdk.out" / "local"
STATE = ROOT / ".local"

app = typer.Typer(help="The platform on this machine.", no_args_is_help=True)
StateDir = Annotated[
    Path, typer.Option("--state-dir", envvar="KINDRED_STATE_DIR", help="Where it keeps its files.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def up(
    state_dir: StateDir = STATE,
    assembly: Annotated[
        Path, typer.Option(help="The cloud assembly to deploy, unmodified.")
    ] = ASSEMBLY,
    catalogue: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="A file to import; may be repeated."),
    ] = None,
    generated: Annotated[
        bool, typer.Option("--generated", help="Load the generated catalogue.")
    ] = False,
    reset_catalogue: Annotated[
        bool, typer.Option("--reset-catalogue", help="Also replace one that was imported since.")
    ] = False,
    emulator_port: Annotated[int, typer.Option(envvar="KINDRED_EMULATOR_PORT")] = EMULATOR_PORT,
    start_port: Annotated[int, typer.Option(envvar="KINDRED_START_PORT")] = START_PORT,
    cache_port: Annotated[int, typer.Option(envvar="KINDRED_CACHE_PORT")] = CACHE_PORT,
    database_port: Annotated[int, typer.Option(envvar="KINDRED_DATABASE_PORT")] = DATABASE_PORT,
    search_port: Annotated[int, typer.Option(envvar="KINDRED_SEARCH_PORT")] = SEARCH_PORT,
    sagemaker_port: Annotated[int, typer.Option(envvar="KINDRED_SAGEMAKER_PORT")] = SAGEMAKER_PORT,
    traces_port: Annotated[int, typer.Option(envvar="KINDRED_TRACES_PORT")] = TRACES_PORT,
    timings: Annotated[bool, typer.Option("--timings", help="Show how long phases took.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the platform up, or bring what changed up to date. Returns leaving it running."""
    console = Console(stderr=as_json, highlight=False)
    settings = LocalSettings(
        root=ROOT,
        state=state_dir.resolve(),
        emulator_port=emulator_port,
        start_port=start_port,
        cache_port=cache_port,
        database_port=database_port,
        search_port=search_port,
        sagemaker_port=sagemaker_port,
        traces_port=traces_port,
    )
    files = () if generated else tuple(catalogue or shared_files(ROOT))
    phases = Phases(console)
    with reported(settings, console):
        request = UpRequest(
            assembly=assembly.resolve(), catalogue_files=files, reset_catalogue=reset_catalogue
        )
        platform = bring_up(settings, request, phases)
    if timings:
        phases.print_timings()
    if as_json:
        print(json.dumps(platform))  # noqa: T201
    else:
        table = describe_types(read_assembly(assembly))
        print_started(console, platform, table, seconds=phases.total_seconds)


@app.command()
def down(state_dir: StateDir = STATE) -> None:
    """Stop everything and leave nothing behind."""
    state = state_dir.resolve()
    console = Console(highlight=False)
    with console.status("stopping"):
        ended = end_platform(state)
        shutil.rmtree(state, ignore_errors=True)
    console.print(f"stopped: {ended} processes ended" if ended else "nothing was running")


@app.command()
def status(
    state_dir: StateDir = STATE,
    fidelity: Annotated[
        bool, typer.Option("--fidelity", help="What each resource type does here.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What runs. Exit status 0: ready; 1: not yet, or something failed; 3: nothing runs."""
    settings = LocalSettings(root=ROOT, state=state_dir.resolve())
    console = unwrapped(Console(highlight=False))
    platform = read_json(settings.platform_file)
    if platform is None or find_supervisor(settings.state) is None:
        raise typer.Exit(report_absence(settings, console, as_json=as_json))
    if as_json:
        print(json.dumps(platform))  # noqa: T201
    elif fidelity and platform["assembly"]:
        print_fidelity(console, describe_types(read_assembly(Path(platform["assembly"]))))
    else:
        print_platform(console, platform)
    if platform["state"] != "ready":
        raise typer.Exit(FAILED)


@app.command()
def logs(
    service: Annotated[
        str | None, typer.Argument(help="Only this one, for example similarity_service.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines.")] = False,
    lines: Annotated[int, typer.Option(min=0, max=100_000, help="How many of the last.")] = 40,
    state_dir: StateDir = STATE,
) -> None:
    """Show the logs, each line with the name of its process."""
    folder = LocalSettings(root=ROOT, state=state_dir.resolve()).logs
    chosen = [path for path in folder.glob("*.log") if service in (None, path.stem)]
    if not chosen:
        known = ", ".join(sorted(path.stem for path in folder.glob("*.log"))) or "none: nothing ran"
        print(f"no log of {service or 'a platform'}; there are: {known}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(NOT_RUNNING)
    try:
        follow_logs(folder, only=service, lines=lines, follow=follow)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@app.command()
def env(state_dir: StateDir = STATE) -> None:
    """Print what makes AWS clients its operator: eval "$(kindred local env)"."""
    settings = running_settings(LocalSettings(root=ROOT, state=state_dir.resolve()))
    try:
        variables = operator_environment(settings)
    except PlatformNotRunning as error:
        print(error, file=sys.stderr)  # noqa: T201
        raise typer.Exit(NOT_RUNNING) from None
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")  # noqa: T201


@app.command()
def token(
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "experimenter",
    access: Annotated[
        bool, typer.Option("--access", help="The access token; without it, the id token.")
    ] = False,
    state_dir: StateDir = STATE,
) -> None:
    """Print a fresh token of a user with this role, valid for an hour."""
    settings = LocalSettings(root=ROOT, state=state_dir.resolve())
    platform = read_json(settings.platform_file)
    try:
        become_operator(running_settings(settings))
        if platform is None or find_supervisor(settings.state) is None:
            raise PlatformNotRunning(f"no platform runs in {settings.state}")
        given = fresh_token(
            boto3.client("cognito-idp"),
            role=role,
            app=platform["user_pool_client_id"],
            file=settings.users_file,
            kind="access" if access else "id",
        )
    except (PlatformNotRunning, NoSuchUser) as error:
        print(error, file=sys.stderr)  # noqa: T201
        raise typer.Exit(NOT_RUNNING) from None
    print(given)  # noqa: T201


@app.command()
def outage(
    end: Annotated[bool, typer.Option("--end", help="The domain is reachable again.")] = False,
    state_dir: StateDir = STATE,
) -> None:
    """Take the search domain away, as when OpenSearch is down; what it holds is kept."""
    settings = LocalSettings(root=ROOT, state=state_dir.resolve())
    if find_supervisor(settings.state) is None:
        print(f"no platform runs in {settings.state}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(NOT_RUNNING)
    if end:
        settings.outage_file.unlink(missing_ok=True)
    else:
        settings.outage_file.touch()
