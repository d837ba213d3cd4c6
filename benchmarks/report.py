"""What every benchmark gives: rows to print and to keep, and the marks that it missed."""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from ops.terminal import unwrapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`missed` says in words which marks were not reached; `skipped` why nothing was measured."""

    name: str
    title: str
    rows: tuple[dict[str, str | float | int | None], ...] = ()
    notes: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    skipped: str | None = None


def print_report(report: Report, console: Console) -> None:
    console.print(f"\n[bold]{report.title}[/] ({report.name})")
    if report.skipped is not None:
        console.print(f"skipped: {report.skipped}")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for key in report.rows[0]:
        numeric = any(isinstance(row[key], int | float) for row in report.rows)
        table.add_column(key, justify="right" if numeric else "left")
    for row in report.rows:
        table.add_row(*(_shown(value) for value in row.values()))
    console.print(table)
    for note in report.notes:
        console.print(f"[dim]{note}[/]")
    for mark in report.missed:
        console.print(f"[red]missed:[/] {mark}")


def run_alone(run: Callable[[], Report]) -> None:
    """The command line of one benchmark; exit status 1 when it missed a mark."""
    parser = argparse.ArgumentParser(description=run.__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON, for a program to read")
    arguments = parser.parse_args()
    report = run()
    if arguments.json:
        print(to_json(report))
    else:
        print_report(report, unwrapped(Console()))
    raise SystemExit(1 if report.missed else 0)


def to_json(report: Report) -> str:
    return json.dumps(asdict(report), indent=2)


def _shown(value: str | float | int | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if abs(value) >= 0.1 else f"{value:.4f}"
