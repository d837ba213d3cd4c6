"""What API Gateway checks of a body before a service sees it: JSON schemas, draft 4.

They refuse what could never be right. The services check the rest, and say more about it: a test
holds that nothing a service takes is refused here.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _object(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(required),
    }


def _text(longest: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


# Longer than a service allows where it strips spaces first.
_NAME = _text(1_000)
_LABEL = _text(300)
_IDENTIFIER = _text(128)
_APP = _object(
    {
        "name": _NAME,
        "category": _LABEL,
        "region": _LABEL,
        "pricing": _LABEL,
        "features": {"type": "array", "maxItems": 50, "items": _LABEL},
        "description": {"type": "string", "maxLength": 10_000},
    },
    "name",
    "category",
    "region",
    "pricing",
    "features",
)
_QUERY: Schema = {"partner_id": _IDENTIFIER, "app_id": _IDENTIFIER, "app": _or_null(_APP)}
_FILTERS: Schema = {
    "type": "object",
    "maxProperties": 5,
    "additionalProperties": {
        "type": "array",
        "minItems": 1,
        "maxItems": 50,
        "items": {"anyOf": [_text(64), {"type": "number"}]},
    },
}
_NEIGHBOR = _object(
    {"app_id": _IDENTIFIER, "similarity": {"type": "number"}}, "app_id", "similarity"
)

FIND_SIMILAR = _object(
    {
        **_QUERY,
        "filters": _FILTERS,
        # Not "integer": draft 4 refuses 10.0, which the service takes.
        "top_k": {"type": "number", "minimum": 1, "maximum": 100},
        "explain": {"type": "boolean"},
    },
    "partner_id",
    "app_id",
)
PREDICT = _object(
    {
        **_QUERY,
        "neighbors": _or_null(
            {"type": "array", "minItems": 1, "maxItems": 100, "items": _NEIGHBOR}
        ),
    },
    "partner_id",
    "app_id",
)
OUTCOME = _object(
    {
        "event_id": _text(64),
        "partner_id": _IDENTIFIER,
        "app_id": _IDENTIFIER,
        "type": {"enum": ["click", "conversion", "performance", "satisfaction"]},
        "revenue_usd": {"type": "number", "minimum": 0},
        "predicted": {"type": "number"},
        "observed": {"type": "number"},
        "score": {"type": "number"},
    },
    "event_id",
    "partner_id",
    "app_id",
    "type",
)
