"""Flags that depend on flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from kindred.experiments.definitions import Flag

# Each flag of a chain is a few frames of the evaluator's stack.
DEEPEST = 20


def prerequisites_of(flag: Flag) -> tuple[str, ...]:
    """The keys of the flags that this one or one of its rules asks for, each once, in order."""
    asked = [each.flag for each in flag.prerequisites]
    asked += [each.flag for rule in flag.rules for each in rule.prerequisites]
    return tuple(dict.fromkeys(asked))


def find_cycle(flags: Iterable[Flag]) -> tuple[str, ...] | None:
    """A cycle as a path that ends where it began, such as (a, b, a); None where there is none."""
    graph = {flag.key: prerequisites_of(flag) for flag in flags}
    finished: set[str] = set()
    for start in graph:
        if cycle := _cycle_from(start, graph, finished):
            return cycle
    return None


def deepest(flags: Iterable[Flag]) -> tuple[str, int]:
    """The flag with the longest chain of prerequisites, and how many those are.

    Of at least one flag, and without a cycle.
    """
    graph = {flag.key: prerequisites_of(flag) for flag in flags}
    depths: dict[str, int] = {}
    for key in TopologicalSorter(graph).static_order():
        depths[key] = max((depths[asked] + 1 for asked in graph.get(key, ())), default=0)
    return max(depths.items(), key=lambda each: each[1])


def _cycle_from(
    start: str, graph: Mapping[str, tuple[str, ...]], finished: set[str]
) -> tuple[str, ...] | None:
    """Depth first, without recursion: a chain of flags may be longer than the stack is deep."""
    path: dict[str, None] = {}
    stack = [(start, False)]
    while stack:
        key, leaving = stack.pop()
        if leaving:
            del path[key]
            finished.add(key)
            continue
        if key in path:
            walked = list(path)
            return (*walked[walked.index(key) :], key)
        if key in finished:
            continue
        path[key] = None
        stack.append((key, True))
        stack.extend((asked, False) for asked in reversed(graph.get(key, ())))
    return None
