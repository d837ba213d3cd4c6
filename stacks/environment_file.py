"""Reads an environment file; says of a wrong one: file, key, what was given, what is allowed."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stacks.environment import Environment
from stacks.sizes import TIERS

DIRECTORY = Path(__file__).parents[1] / "environments"


class InvalidEnvironment(Exception):
    """One line per wrong value, each complete by itself."""


def load_environment(name: str, *, directory: Path = DIRECTORY) -> Environment:
    """Raises InvalidEnvironment for a missing, unreadable or wrong file."""
    path = directory / f"{name}.yaml"
    shown = f"{directory.name}/{path.name}"
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in directory.glob("*.yaml")))
        raise InvalidEnvironment(f"environment: given {name!r}, allowed {names}")
    return parse_environment(path.read_text("utf-8"), file=shown, name=name)


def parse_environment(text: str, *, file: str, name: str | None = None) -> Environment:
    try:
        given = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506  a SafeLoader
    except yaml.YAMLError as error:
        raise InvalidEnvironment(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(given, dict):
        raise InvalidEnvironment(f"{file}: given {_shown(given)}, allowed a mapping of keys")
    document = _with_tier(given)
    try:
        # As JSON, so that strict types still read lists as tuples.
        environment = Environment.model_validate_json(json.dumps(document, default=str))
    except ValidationError as error:
        lines = [_line(file, details) for details in error.errors()]
        raise InvalidEnvironment("\n".join(lines)) from None
    if name is not None and environment.name != name:
        raise InvalidEnvironment(
            f"{file}: name: given {environment.name!r}, allowed {name!r}, the file's own name"
        )
    return environment


class _UniqueKeys(yaml.SafeLoader):
    """YAML lets a key come twice and keeps the last; a person who wrote it twice meant one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value!r} is given twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _with_tier(given: dict[str, Any]) -> dict[str, Any]:
    """The file with its tier's sizes beneath its own."""
    tier = given.get("tier")
    sizes = TIERS.get(tier) if isinstance(tier, str) else None
    if sizes is None:
        return given
    return {**given, "sizes": _merged(sizes, given.get("sizes", {}))}


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return {**under, **{key: _merged(under.get(key), value) for key, value in over.items()}}


def _line(file: str, details: ErrorDetails) -> str:
    key = ".".join(str(part) for part in details["loc"])
    if details["type"] == "missing":
        return f"{file}: {key}: not given, allowed only with a value"
    if details["type"] == "extra_forbidden":
        known = ", ".join(sorted(_keys_beside(details["loc"])))
        return f"{file}: {key}: unknown key, allowed {known}"
    if details["type"] == "value_error":
        prefix = f"{file}: {key}." if key else f"{file}: "
        return f"{prefix.rstrip('.')}: {details['ctx']['error']}".replace("::", ":")
    return f"{file}: {key}: given {_shown(details['input'])}, allowed {_allowed(details)}"


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _allowed(details: ErrorDetails) -> str:
    bounds = details.get("ctx", {})
    match details["type"]:
        case "literal_error":
            return str(bounds["expected"])
        case "greater_than_equal":
            return f"{bounds['ge']} or more"
        case "less_than_equal":
            return f"{bounds['le']} or less"
        case "string_pattern_mismatch":
            return f"text like {bounds['pattern']}"
        case "too_short":
            return f"{bounds['min_length']} or more entries"
        case "too_long":
            return f"{bounds['max_length']} or fewer entries"
        case "int_type" | "int_from_float":
            return "a whole number"
        case "bool_type":
            return "true or false"
        case "string_type":
            return "text"
        case "tuple_type":
            return "a list"
        case "model_type" | "model_attributes_type":
            return "a mapping of keys"
        case _:
            return details["msg"]


def _keys_beside(location: Sequence[int | str]) -> Iterator[str]:
    model: type[BaseModel] = Environment
    for part in location[:-1]:
        for candidate in _models(model.model_fields[str(part)].annotation):
            model = candidate
    yield from model.model_fields


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)
