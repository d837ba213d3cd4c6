"""What API Gateway checks of a body before a service sees it, from the service's own document.

The shape alone: which fields must be there, of which kind, which closed lists of values, how many
of each. Not how long a text is, since services trim before they measure; nor its pattern, which
two engines of regular expressions may read differently; nor ranges of numbers and fields that are
unknown, of which a service says what was given and what is allowed. API Gateway says fixed words:
its own for a finding come unescaped, and their quotation marks break the JSON of an answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

DOCUMENTS = Path(__file__).parents[1] / "openapi"
DRAFT = "http://json-schema.org/draft-04/schema#"
# On a part of a body that the service judges by itself, and answers for beside the others.
ANSWERED_ALONE = "x-answered-alone"
_KEPT = ("type", "enum", "required", "minItems", "maxItems", "minLength", "minProperties")


def body_schema(service: str, path: str) -> dict[str, Any]:
    """JSON schema, draft 4, of what is posted to `path`."""
    document = _document(service)
    body = document["paths"][path]["post"]["requestBody"]
    return {"$schema": DRAFT, **_shape(body["content"]["application/json"]["schema"], document)}


@cache
def _document(service: str) -> dict[str, Any]:
    return dict(json.loads((DOCUMENTS / f"{service}.json").read_text()))


def _shape(given: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    # In JSON schema true takes anything.
    schema = _resolved(given, document) if isinstance(given, Mapping) else {}
    if schema.get(ANSWERED_ALONE):
        return {}
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return {"anyOf": [_shape(each, document) for each in schema[keyword]]}
    if "const" in schema:
        return {"enum": [schema["const"]]}
    shape = {keyword: schema[keyword] for keyword in _KEPT if keyword in schema}
    if shape.get("type") == "integer":
        # To draft 4 a 1.0 is none, to the documents' own it is.
        shape["type"] = "number"
    if "properties" in schema:
        shape["properties"] = {
            name: _shape(each, document) for name, each in schema["properties"].items()
        }
    if isinstance(others := schema.get("additionalProperties"), Mapping):
        shape["additionalProperties"] = _shape(others, document)
    if "items" in schema:
        shape["items"] = _shape(schema["items"], document)
    return shape


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema
