"""What API Gateway checks of a body before a service sees it: JSON schemas, draft 4.

They refuse what could never be right. The services check the rest, and say more about it.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _object(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        **({"required": list(required)} if required else {}),
    }


def _text(longest: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_ID = _text(200)
_APP = _object(
    {
        "name": _text(300),
        "category": _or_null(_text(100)),
        "region": _or_null(_text(100)),
        "pricing": _or_null(_text(50)),
        "features": {"type": "array", "maxItems": 50, "items": _text(100)},
        "description": {"type": "string", "maxLength": 8000},
    },
    "name",
)
_FILTERS: Schema = {
    "type": "object",
    "maxProperties": 10,
    "additionalProperties": {
        "type": "array",
        "minItems": 1,
        "maxItems": 100,
        "items": {"anyOf": [_text(100), {"type": "number"}]},
    },
}

FIND_SIMILAR = _object(
    {
        "app": _or_null(_APP),
        "filters": _FILTERS,
        "top_k": {"type": "integer", "minimum": 1, "maximum": 100},
        "partner_id": _ID,
        "app_id": _ID,
        "explain": {"type": "boolean"},
    },
    "partner_id",
    "app_id",
)
PREDICT = _object(
    {
        "app": _or_null(_APP),
        "neighbors": _or_null({"type": "array", "maxItems": 100, "items": {"type": "object"}}),
        "partner_id": _ID,
        "app_id": _ID,
    },
    "partner_id",
    "app_id",
)
OUTCOME: Schema = {"type": "object", "maxProperties": 20}
