"""What people see of a platform in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.local.fidelity import Fidelity, TypeFidelity, summarize
from ops.local.start_page import describe_catalogue

COLOURS = {
    "healthy": "green",
    "running": "green",
    Fidelity.EXECUTES: "green",
    Fidelity.STOOD_IN: "yellow",
    Fidelity.RECORDED: "bright_black",
}


def print_started(
    console: Console,
    platform: Mapping[str, Any],
    table: Sequence[TypeFidelity],
    *,
    seconds: float,
) -> None:
    """The end of `up`: where everything is and what to type next."""
    console.print(f"\n[bold green]ready[/] after {seconds:.1f} s\n")
    _print_addresses(console, platform)
    console.print(f"\nresource types here: {summarize(table)}")
    console.print("(`kindred local status --fidelity` says which; the start page too)\n")
    console.print("[bold]to try[/]")
    for command in platform["commands"]:
        # Not wrapped, so that it can be copied.
        console.print(escape(command), soft_wrap=True)


def print_platform(console: Console, platform: Mapping[str, Any]) -> None:
    """The running platform: addresses and processes."""
    console.print(f"{platform['state']}, since {platform['started_at']}\n")
    _print_addresses(console, platform)
    console.print()
    table = Table("process", "state", "pid", "port", "restarts", "", box=None)
    for process in platform["processes"]:
        state = process["state"]
        table.add_row(
            process["name"],
            f"[{COLOURS.get(state, 'yellow')}]{state}[/]",
            str(process["pid"] or "-"),
            str(process["port"] or "-"),
            str(process.get("restarts", "")),
            escape(process.get("problem") or ""),
        )
    console.print(table)
    faults = platform.get("sagemaker", {}).get("faults", [])
    for name in dict.fromkeys(fault["name"] for fault in faults):
        console.print(f"[yellow]the fault {name} is on[/] (`kindred local fault list`)")


def print_fidelity(console: Console, table: Sequence[TypeFidelity]) -> None:
    """Every resource type: executes, is stood in for, or is recorded only."""
    shown = Table(box=None)
    shown.add_column("resource type", no_wrap=True)
    shown.add_column("number", justify="right")
    shown.add_column("on this machine", no_wrap=True)
    shown.add_column("", overflow="fold")
    for row in table:
        kind = f"[{COLOURS[row.fidelity]}]{row.fidelity}[/]"
        shown.add_row(
            row.resource_type.removeprefix("AWS::"), str(row.count), kind, escape(row.note)
        )
    console.print(shown)
    console.print(f"\n{summarize(table)}. What is only recorded is never tested on this machine.")


def _print_addresses(console: Console, platform: Mapping[str, Any]) -> None:
    for label, value in (
        ("start page", platform["start_url"]),
        ("API", platform["api_url"]),
        ("API key", platform["api_key"]),
        ("client key", platform["client_key"]),
        ("AWS endpoint", platform["emulator_url"]),
        ("catalogue", describe_catalogue(platform["catalogue"])),
    ):
        console.print(f"{label:13} {escape(value or 'starting')}", soft_wrap=True)
