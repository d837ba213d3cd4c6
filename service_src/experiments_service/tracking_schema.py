"""The events of the tracking API as its OpenAPI document says them, from what decodes them."""

from __future__ import annotations

from typing import Any

import msgspec

from experiments_service.tracking import LARGEST_BATCH
from kindred.experiments.events import TYPES, Event


def _event_schema() -> dict[str, Any]:
    """Written out, since a route's own part of the document cannot hold named schemas."""
    _, components = msgspec.json.schema_components([Event], ref_template="{name}")
    schemas = [components[name.capitalize()] for name in TYPES]
    # Filled in from the experiment's definition, whatever is sent.
    for schema in schemas:
        schema["properties"].pop("cross", None)
    return {"oneOf": schemas}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


EVENT_BODY = _body(_event_schema())
BATCH_BODY = _body(
    {
        "type": "object",
        "required": ["events"],
        "properties": {
            "events": {
                "type": "array",
                "minItems": 1,
                "maxItems": LARGEST_BATCH,
                # One that is not an event is answered as such; the others are taken.
                "items": {**_event_schema(), "x-answered-alone": True},
            }
        },
    }
)
