"""What `up` shows: one line for each phase, with a spinner while it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Phases:
    """Prints phases as they end and keeps how long each took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._status = console.status("")
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Shown as running until it ends; a phase that raises shows no tick."""
        began = time.monotonic()
        self._status.update(name)
        self._status.start()
        try:
            yield
        finally:
            self._status.stop()
            self.seconds[name] = time.monotonic() - began
        self._console.print(f"[green]✓[/] {name}")

    def detail(self, text: str) -> None:
        """More about the phase that runs now."""
        self._status.update(text)

    def note(self, text: str) -> None:
        """Something that stays on the terminal."""
        self._console.print(escape(text), soft_wrap=True)

    @property
    def total_seconds(self) -> float:
        return time.monotonic() - self._began

    def print_timings(self) -> None:
        table = Table("phase", "seconds", box=None)
        for name, seconds in self.seconds.items():
            table.add_row(name, f"{seconds:.2f}")
        table.add_row("all", f"{self.total_seconds:.2f}")
        self._console.print(table)
