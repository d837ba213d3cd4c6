"""Whether all that one JSON schema takes another takes too, and if not, where.

It errs on one side: of two schemas that say the same in different words it may say that they
differ, and a person looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
# Keyword and the direction in which a bound gets narrower.
_LEAST = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
_MOST = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
_SAME = ("pattern", "format", "multipleOf")
_KINDS = frozenset({"array", "boolean", "null", "number", "object", "string"})


@dataclass(frozen=True, slots=True)
class Within:
    """A schema, and the document in which its references are looked up."""

    schema: Schema
    document: Schema

    @property
    def resolved(self) -> Schema:
        found: Any = self.schema
        while "$ref" in found:
            target: Any = self.document
            for part in str(found["$ref"]).removeprefix("#/").split("/"):
                target = target[part]
            found = target
        return dict(found)

    def at(self, schema: Any) -> Within:
        # In JSON schema true takes anything, false nothing.
        given: Schema = schema if isinstance(schema, Mapping) else {} if schema else {"enum": []}
        return Within(given, self.document)

    @property
    def alternatives(self) -> list[Within]:
        """What it offers to choose from; itself where there is no choice."""
        own = self.resolved
        for keyword in ("anyOf", "oneOf"):
            if keyword in own:
                return [each for part in own[keyword] for each in self.at(part).alternatives]
        return [Within(own, self.document)]


def excluded(narrow: Within, wide: Within, where: str = "") -> Iterator[str]:
    """What `narrow` takes and `wide` does not, a line for each place."""
    choices = wide.alternatives
    for part in narrow.alternatives:
        found = [list(_excluded(part.resolved, choice, part, where)) for choice in choices]
        # Of several choices none takes it: the nearest says why.
        yield from min(found, key=len)


def _excluded(narrow: Schema, choice: Within, part: Within, where: str) -> Iterator[str]:
    wide = choice.resolved
    if not _constrains(wide):
        return
    given, taken = _values(narrow), _values(wide)
    if taken is not None and (given is None or not all(each in taken for each in given)):
        shown = "any value" if given is None else [each for each in given if each not in taken]
        yield f"{where or '/'}: {shown}, allowed {taken}"
        return
    if given is not None and _kinds_of(given) <= _kinds(wide):
        return
    if not _kinds(narrow) <= _kinds(wide):
        extra = sorted(_kinds(narrow) - _kinds(wide))
        yield f"{where or '/'}: {', '.join(extra)}, allowed {', '.join(sorted(_kinds(wide)))}"
        return
    yield from _bounds(narrow, wide, where)
    if "object" in _kinds(narrow):
        yield from _fields(narrow, wide, part, choice, where)
    if "array" in _kinds(narrow) and "items" in wide:
        yield from excluded(
            part.at(narrow.get("items", True)), choice.at(wide["items"]), f"{where}/*"
        )


def _bounds(narrow: Schema, wide: Schema, where: str) -> Iterator[str]:
    for keyword in (*_LEAST, *_MOST, *_SAME):
        if keyword not in wide or narrow.get(keyword) == wide[keyword]:
            continue
        own, limit = narrow.get(keyword), wide[keyword]
        within = own is not None and (
            (keyword in _LEAST and own >= limit) or (keyword in _MOST and own <= limit)
        )
        if not within:
            yield f"{where or '/'}: {keyword} {own if own is not None else 'none'}, allowed {limit}"


def _fields(
    narrow: Schema, wide: Schema, part: Within, choice: Within, where: str
) -> Iterator[str]:
    for name in wide.get("required", ()):
        if name not in narrow.get("required", ()):
            yield f"{where}/{name}: may be missing, allowed when it is there"
    known: Schema = wide.get("properties", {})
    others = wide.get("additionalProperties", True)
    for name, schema in narrow.get("properties", {}).items():
        if name in known or isinstance(others, Mapping):
            yield from excluded(
                part.at(schema), choice.at(known.get(name, others)), f"{where}/{name}"
            )
        elif others is False:
            yield f"{where}/{name}: given, allowed no such field"
    open_fields = narrow.get("additionalProperties", True)
    if open_fields is not False and others is not True:
        if others is False:
            yield f"{where or '/'}: fields of any name, allowed {', '.join(sorted(known))}"
        else:
            yield from excluded(part.at(open_fields), choice.at(others), f"{where}/*")


def _values(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _kinds(schema: Schema) -> frozenset[str]:
    given = schema.get("type")
    if given is None:
        values = _values(schema)
        return _KINDS | {"integer"} if values is None else _kinds_of(values)
    kinds = frozenset([given] if isinstance(given, str) else given)
    return kinds | {"integer"} if "number" in kinds else kinds


def _kinds_of(values: list[Any]) -> frozenset[str]:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    return frozenset(
        names.get(type(each), "array" if isinstance(each, list) else "object") for each in values
    )


def _constrains(schema: Schema) -> bool:
    keywords = {"type", "const", "enum", "properties", "required", "items", *_LEAST, *_MOST, *_SAME}
    return bool(keywords & schema.keys()) or schema.get("additionalProperties", True) is not True
