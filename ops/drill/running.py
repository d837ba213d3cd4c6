"""Takes the steps one after another, and says how long each took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jmespath  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError

from ops.drill.steps import Call, Step, Until

WAIT_SECONDS = 5.0
Ended = Literal["done", "by hand", "left out", "failed"]
Ask = Callable[[Call], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    step: Step
    ended: Ended
    seconds: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a run needs of outside. `ask` answers a call, `person` says whether it is done."""

    ask: Ask
    person: Callable[[Step], bool]
    now: Callable[[], float]
    wait: Callable[[float], None]
    told: Callable[[Taken], None]
    laptop: bool = False


class NotYet(Exception):
    """What a step is to bring about did not come in its time."""


def run(steps: Sequence[Step], world: World) -> list[Taken]:
    """Ends with the first step that fails: those after it rest on it."""
    taken: list[Taken] = []
    for step in steps:
        taken.append(_take(step, world))
        world.told(taken[-1])
        if taken[-1].ended == "failed":
            break
    return taken


def _take(step: Step, world: World) -> Taken:
    if world.laptop and not step.on_a_laptop:
        return Taken(step=step, ended="left out", why="an emulator has no counterpart")
    started = world.now()
    if step.by_hand:
        done = world.person(step)
        why = "" if done else "nobody said that it is done"
        seconds = world.now() - started
        return Taken(step=step, ended="by hand" if done else "failed", seconds=seconds, why=why)
    try:
        if step.call:
            world.ask(step.call)
        if step.until:
            _wait(step.until, world)
    except (BotoCoreError, ClientError, NotYet) as error:
        return Taken(step=step, ended="failed", seconds=world.now() - started, why=str(error))
    return Taken(step=step, ended="done", seconds=world.now() - started)


def _wait(until: Until, world: World) -> None:
    deadline = world.now() + 60 * until.within_minutes
    while True:
        found = jmespath.search(until.expression, world.ask(until.call))
        if found == until.wanted:
            return
        if world.now() >= deadline:
            raise NotYet(
                f"{until.expression} is {found!r} after {until.within_minutes:g} minutes, "
                f"wanted {until.wanted!r}"
            )
        world.wait(WAIT_SECONDS)
