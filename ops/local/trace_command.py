"""`kindred local traces`: what was traced, and one trace as a tree."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from ops.local.bring_up import running_settings
from ops.local.commands import ROOT, STATE, StateDir
from ops.local.leftovers import find_supervisor
from ops.local.outcomes import FAILED, NOT_RUNNING
from ops.local.settings import LocalSettings
from ops.local.traces.server import READ_PATH
from ops.terminal import unwrapped

_HEXADECIMAL = frozenset("0123456789abcdef")


def traces(
    trace_id: Annotated[
        str | None,
        typer.Argument(help="As logs and headers name it, with or without X-Ray's dashes."),
    ] = None,
    state_dir: StateDir = STATE,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """The latest traces, or every span of one."""
    settings = running_settings(LocalSettings(root=ROOT, state=state_dir.resolve()))
    if find_supervisor(settings.state) is None:
        print(f"no platform runs in {settings.state}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(NOT_RUNNING)
    wanted = None if trace_id is None else plain(trace_id)
    if trace_id is not None and (wanted is None or len(wanted) != 32):
        print(  # noqa: T201
            f"trace: given {trace_id!r}, allowed 32 hexadecimal digits or 1-<8>-<24> of them",
            file=sys.stderr,
        )
        raise typer.Exit(2)
    url = settings.traces_url + READ_PATH + (f"/{wanted}" if wanted else "")
    found = httpx.get(url, timeout=10).raise_for_status().json()
    if as_json:
        print(json.dumps(found))  # noqa: T201
    elif wanted is None:
        _print_latest(found)
    elif found:
        unwrapped(Console(highlight=False)).print(tree(found))
    if wanted is not None and not found:
        print(f"nobody told of the trace {trace_id}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(FAILED)


def plain(trace_id: str) -> str | None:
    """32 digits of either spelling; None for anything else."""
    digits = trace_id.removeprefix("Root=").removeprefix("1-").replace("-", "").lower()
    return digits if set(digits) <= _HEXADECIMAL else None


def tree(spans: list[dict[str, Any]]) -> Tree:
    """Each span below what began it, with its time from the first one's beginning."""
    beginning = spans[0]["started"]
    root = Tree(f"[bold]{spans[0]['trace_id']}[/]")
    placed: dict[str, Tree] = {}
    for span in spans:
        above = placed.get(span["parent_id"] or "", root)
        placed[span["span_id"]] = above.add(_line(span, beginning))
    return root


def _line(span: dict[str, Any], beginning: float) -> str:
    colour = "red" if span["failed"] else "green"
    after_ms = (span["started"] - beginning) * 1_000
    took_ms = (span["ended"] - span["started"]) * 1_000
    service = "" if span["name"].startswith(span["service"]) else f"{span['service']}: "
    text = escape(service + span["name"])
    return f"[{colour}]{text}[/]  +{after_ms:.0f} ms, {took_ms:.1f} ms"


def _print_latest(found: list[dict[str, Any]]) -> None:
    table = Table("trace", "began (UTC)", "ms", "spans", "", "through", box=None)
    for trace in found:
        began = datetime.fromtimestamp(trace["started"], UTC).strftime("%H:%M:%S")
        colour = "red" if trace["failed"] else "green"
        table.add_row(
            trace["trace_id"],
            began,
            f"{trace['duration_ms']:.0f}",
            str(trace["spans"]),
            f"[{colour}]{escape(trace['name'])}[/]",
            escape(", ".join(trace["services"])),
        )
    unwrapped(Console(highlight=False)).print(table)
