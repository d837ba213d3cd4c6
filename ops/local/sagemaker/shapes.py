"""botocore's own shapes: an operation's input and output are held to them, patterns included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator

SERVICES = (
    "sagemaker",
    "sagemaker-runtime",
    "sagemaker-featurestore-runtime",
    "application-autoscaling",
)


@cache
def service_model(service: str) -> ServiceModel:
    """Read once a process: SageMaker's has over 400 operations."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def problems(shape: Shape | None, value: Any) -> list[str]:
    """What AWS would refuse of a value, or never answer; empty when it fits."""
    if shape is None:
        return []
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        return [report.generate_report()]
    return list(_constraints(shape, value, ""))


def _constraints(shape: Any, value: Any, where: str) -> Iterator[str]:
    """botocore knows them, and checks least lengths only."""
    match shape.type_name:
        case "structure":
            for name, held in value.items():
                yield from _constraints(shape.members[name], held, f"{where}.{name}".lstrip("."))
        case "list":
            yield from _size(shape, len(value), value, where)
            for number, held in enumerate(value):
                yield from _constraints(shape.member, held, f"{where}[{number}]")
        case "map":
            for name, held in value.items():
                yield from _constraints(shape.key, name, f"{where} (key)")
                yield from _constraints(shape.value, held, f"{where}.{name}")
        case "string":
            yield from _size(shape, len(value), value, where)
            yield from _text(shape, value, where)
        case "integer" | "long" | "float" | "double":
            yield from _size(shape, value, value, where)


def _size(shape: Shape, size: float, value: Any, where: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and size > most:
        yield _failure(value, where, f"have length or value less than or equal to {most}")
    if least is not None and size < least:
        yield _failure(value, where, f"have length or value greater than or equal to {least}")


def _text(shape: Shape, value: str, where: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _failure(value, where, f"satisfy enum value set: {allowed}")
    pattern = shape.metadata.get("pattern")
    expression = pattern and _expression(pattern)
    if expression and not expression.fullmatch(value):
        yield _failure(value, where, f"satisfy regular expression pattern: {pattern}")


@cache
def _expression(pattern: str) -> re.Pattern[str] | None:
    """None for the few that are written for another language's expressions."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _failure(value: Any, where: str, constraint: str) -> str:
    return f"Value '{value}' at '{where}' failed to satisfy constraint: Member must {constraint}"
