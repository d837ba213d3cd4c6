"""Finds an environment's file, and puts its tier's sizes beneath what the file says itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stacks.environment import Environment
from stacks.tiers import TIERS
from stacks.yaml_file import InvalidFile, read_file, read_mapping, validated

DIRECTORY = Path(__file__).parents[1] / "environments"


def load_environment(name: str, *, directory: Path = DIRECTORY) -> Environment:
    """Raises InvalidFile for a missing, unreadable or wrong file."""
    path = directory / f"{name}.yaml"
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in directory.glob("*.yaml")))
        raise InvalidFile(f"environment: given {name!r}, allowed {names}")
    file = f"{directory.name}/{path.name}"
    environment = parse_environment(read_file(path, file=file), file=file)
    if environment.name != name:
        raise InvalidFile(
            f"{file}: name: given {environment.name!r}, allowed {name!r}, as the file is called"
        )
    return environment


def parse_environment(text: str, *, file: str) -> Environment:
    given = read_mapping(text, file=file)
    tier = given.get("tier")
    if not isinstance(tier, str) or tier not in TIERS:
        raise InvalidFile(f"{file}: tier: given {tier!r}, allowed {', '.join(TIERS)}")
    sizes = _merged(TIERS[tier], given.get("sizes", {}))
    return validated(Environment, {**given, "sizes": sizes}, file=file)


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return {**under, **{key: _merged(under.get(key), value) for key, value in over.items()}}
