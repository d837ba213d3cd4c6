"""Reads YAML into a model; says of a wrong file: its key, what was given, what is allowed."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)

# How to say what pydantic's error kinds allow, with the bounds that come along.
_ALLOWED = {
    "bool_type": "true or false",
    "date_from_datetime_parsing": "a date like 2027-01-31",
    "date_parsing": "a date like 2027-01-31",
    "greater_than_equal": "{ge} or more",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "less_than_equal": "{le} or less",
    "literal_error": "{expected}",
    "model_attributes_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "string_pattern_mismatch": "text like {pattern}",
    "string_too_long": "text of {max_length} or fewer characters",
    "string_too_short": "text of {min_length} or more characters",
    "string_type": "text",
    "too_long": "{max_length} or fewer entries",
    "too_short": "{min_length} or more entries",
    "tuple_type": "a list",
}


class InvalidFile(Exception):
    """One line for each thing that is wrong, each complete by itself."""


def read_file(path: Path, *, file: str) -> str:
    """Raises InvalidFile, in which the file is called `file`."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidFile(f"{file}: cannot be read: {error}") from None


def read_mapping(text: str, *, file: str) -> dict[str, Any]:
    """Raises InvalidFile for text that is not YAML, or not a mapping, or names a key twice."""
    try:
        given = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506  a SafeLoader
    except yaml.YAMLError as error:
        raise InvalidFile(f"{file}: {_place(error)}") from None
    if not isinstance(given, dict):
        raise InvalidFile(f"{file}: given {_shown(given)}, allowed a mapping of keys")
    return given


def validated(model: type[Model], document: dict[str, Any], *, file: str) -> Model:
    try:
        text = json.dumps(document, default=str)
    except (RecursionError, ValueError):
        raise InvalidFile(f"{file}: refers to itself, allowed without") from None
    try:
        # As JSON, because strict types read a JSON list as a tuple, and not a Python list.
        return model.model_validate_json(text)
    except ValidationError as error:
        lines = [_line(file, details, model) for details in error.errors()]
        raise InvalidFile("\n".join(lines)) from None


class _UniqueKeys(yaml.SafeLoader):
    """YAML lets a key come twice and keeps the last; a person who wrote it twice meant one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise _misuse(key, "given as a key, allowed is text")
            if key.value in seen:
                raise _misuse(key, "given twice as a key, allowed once")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _misuse(key: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    shown = repr(key.value) if isinstance(key, yaml.ScalarNode) else "a list or mapping"
    return yaml.MarkedYAMLError(problem=f"{shown} {problem}", problem_mark=key.start_mark)


def _place(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return f"not YAML: {error}"


def _line(file: str, details: ErrorDetails, model: type[BaseModel]) -> str:
    place = ": ".join(part for part in (file, ".".join(map(str, details["loc"]))) if part)
    match details["type"]:
        case "missing":
            return f"{place}: not given, allowed only with a value"
        case "extra_forbidden":
            known = ", ".join(sorted(_keys_beside(details["loc"], model)))
            return f"{place}: unknown key, allowed {known}"
        case "value_error":
            return f"{place}: {details['ctx']['error']}"
        case kind:
            template = _ALLOWED.get(kind)
            allowed = template.format(**details.get("ctx", {})) if template else details["msg"]
            return f"{place}: given {_shown(details['input'])}, allowed {allowed}"


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _keys_beside(location: Sequence[int | str], model: type[BaseModel]) -> Iterator[str]:
    for part in location[:-1]:
        if isinstance(part, str):
            for candidate in _models(model.model_fields[part].annotation):
                model = candidate
    yield from model.model_fields


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)
