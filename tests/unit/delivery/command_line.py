"""Calls of `kindred` in scripts, and whether the command line would take them."""

import re
import shlex

import typer
from typer.core import TyperGroup

from ops.cli import app


def kindred_calls(script):
    """Arguments of every call, as the shell would split them."""
    for call in re.findall(r"\.venv/bin/kindred ([^;|)>\n]*)", script):
        yield shlex.split(call)


def resolve(arguments):
    """The command that the arguments name, and what is left of them."""
    command = typer.main.get_command(app)
    left = list(arguments)
    while left and isinstance(command, TyperGroup):
        verb = command.get_command(None, left[0])
        if verb is None:
            break
        command = verb
        left.pop(0)
    return command, left


def assert_taken(arguments):
    command, left = resolve(arguments)
    assert not isinstance(command, TyperGroup), f"no command {arguments}"
    known = {option for parameter in command.params for option in parameter.opts}
    given = {each for each in left if each.startswith("--")}
    assert given <= known, arguments
    for parameter in command.params:
        positional = not any(option.startswith("--") for option in parameter.opts)
        if parameter.required and not positional:
            assert given & set(parameter.opts), (arguments, parameter.name)
