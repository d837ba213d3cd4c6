"""`kindred`: what an operator runs. Each part of the platform adds its own verbs.

Exit statuses: 0 done; 1 not done, and the message says why; 2 the command itself was wrong.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

VERBS = {
    "architecture": "ops.architecture_command",
    "audit": "ops.audit",
    "catalogue": "ops.catalogue.commands",
    "certificate": "ops.certificate_command",
    "console": "ops.console.commands",
    "delivery": "ops.delivery.commands",
    "drill": "ops.drill.commands",
    "experiment": "ops.experiment",
    "forget": "ops.privacy.command",
    "letters": "ops.letters.commands",
    "local": "ops.local.verbs",
    "openapi": "ops.openapi.commands",
    "retraining": "ops.retraining.commands",
    "rollout": "ops.rollout.commands",
}
COMPLETION = {"install_completion", "show_completion"}


class VerbsOnDemand(TyperGroup):
    """Imports a verb with what it needs when it is asked for: all of them take seconds."""

    def list_commands(self, _context: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, _context: Any, name: str) -> Any:
        if name not in VERBS:
            return None
        command = typer.main.get_command(import_module(VERBS[name]).app)
        command.name = name
        # A command of its own would offer to complete itself in the shell.
        command.params = [each for each in command.params if each.name not in COMPLETION]
        return command


app = typer.Typer(
    cls=VerbsOnDemand,
    name="kindred",
    help="Operate a Kindred platform: its catalogue, its models, and the cloud on a laptop.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _verbs() -> None:
    """A group also where no command is written here."""
