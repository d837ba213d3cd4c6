"""A JSON body into a wire model; what does not fit is named by its place in the body."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from kindred.problem_details import Refusal, invalid_field

Wire = TypeVar("Wire", bound="WireIn")
_PLACE = re.compile(r"^(?P<detail>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_NAMED = re.compile(r"field `(?P<name>.*)`$", re.DOTALL)


class WireIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A misspelt field is an error, not a default."""


def read_body(body: bytes, model: type[Wire]) -> Wire:
    """Raises Refusal: 400 for what is no JSON, 422 for JSON of another shape."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        reason = str(error) or "it is nested too deep"
        raise Refusal(HTTPStatus.BAD_REQUEST, f"body: not JSON: {_lowered(reason)}") from error
    try:
        return msgspec.convert(found, model)
    except msgspec.ValidationError as error:
        raise _misfit(str(error), found, model) from error


def _misfit(message: str, found: Any, model: type[WireIn]) -> Refusal:
    match = _PLACE.match(message)
    assert match is not None
    detail = match["detail"]
    path: list[str | int] = [
        int(number) if number else name for name, number in _STEP.findall(match["path"] or "")
    ]
    allowed = _allowed(model, path)
    if "unknown field" in detail and (named := _NAMED.search(detail)):
        return invalid_field(_pointer([*path, named["name"]]), "unknown field", allowed=allowed)
    if "missing required field" in detail and (named := _NAMED.search(detail)):
        return invalid_field(_pointer([*path, named["name"]]), "required")
    given = _at(found, path)
    return invalid_field(
        _pointer(path),
        _lowered(detail),
        given=None if isinstance(given, dict | list) else given,
        allowed=None if isinstance(given, dict | list) else allowed,
    )


def _allowed(model: type[WireIn], path: list[str | int]) -> list[str] | None:
    """The fields of the object at the path, or the values that a choice has."""
    known: Any = msgspec.inspect.type_info(model)
    for step in path:
        known = _without_none(known)
        if isinstance(known, msgspec.inspect.StructType):
            fields = {each.encode_name: each.type for each in known.fields}
            known = fields.get(str(step))
        else:
            known = getattr(known, "item_type", None)
    known = _without_none(known)
    if isinstance(known, msgspec.inspect.StructType):
        return [each.encode_name for each in known.fields]
    if isinstance(known, msgspec.inspect.LiteralType):
        return [str(value) for value in known.values]
    if isinstance(known, msgspec.inspect.EnumType):
        return [str(each.value) for each in known.cls]
    return None


def _without_none(known: Any) -> Any:
    if not isinstance(known, msgspec.inspect.UnionType):
        return known
    return next(each for each in known.types if not isinstance(each, msgspec.inspect.NoneType))


def _at(found: Any, path: list[str | int]) -> Any:
    for step in path:
        found = found[step]
    return found


def _pointer(path: list[str | int]) -> str:
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _lowered(message: str) -> str:
    plain = message.replace("`", "")
    return plain[:1].lower() + plain[1:]
