"""The terminal: results on standard output, all else on standard error."""

import json
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

WITHOUT_EDGE = 1_000


def unwrapped(console: Console) -> Console:
    """The same console; a file or a pipe has no edge at which tables were to be squeezed."""
    if not console.is_terminal:
        console.width = WITHOUT_EDGE
    return console


RESULTS = unwrapped(Console())
MESSAGES = Console(stderr=True)


def give(document: Any, table: Table, *, as_json: bool) -> None:
    """The document for a program, the table for a person."""
    if as_json:
        RESULTS.print_json(json.dumps(document, default=str))
    else:
        RESULTS.print(table)


def failed(message: str) -> typer.Exit:
    """Says what went wrong; raise what it returns."""
    MESSAGES.print(f"[red]error:[/] {escape(message)}", soft_wrap=True)
    return typer.Exit(1)


def progress_bars(*, quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=MESSAGES,
        transient=True,
        disable=quiet,
    )


def plain_table() -> Table:
    """Two columns, a label and its value, with no lines around them."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    return table
