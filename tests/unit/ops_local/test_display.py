"""Tables as people and files get them."""

from __future__ import annotations

import io

from rich.console import Console

from ops.local.display import print_fidelity
from ops.local.fidelity import EXECUTES, Fidelity, TypeFidelity
from ops.terminal import unwrapped

TABLE = [TypeFidelity(name, 1, Fidelity.EXECUTES, note) for name, note in EXECUTES.items()]


def test_notes_are_not_wrapped_where_there_is_no_terminal() -> None:
    file = io.StringIO()

    print_fidelity(unwrapped(Console(file=file)), TABLE)

    for note in EXECUTES.values():
        assert note in file.getvalue()


def test_a_terminal_keeps_its_width() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=60)

    assert unwrapped(console).width == 60
