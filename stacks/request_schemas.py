"""What API Gateway checks of a body before a service sees it: a JSON schema, draft 4.

Only the shape. API Gateway puts its own words for a finding unescaped into an answer, where their
quotation marks break the JSON, and the service says field by field what was given and what is
allowed. So the gateway refuses what no service could read, and says in fixed words what it takes.
"""

from __future__ import annotations

from typing import Any

_IDENTIFIER = {"type": "string", "minLength": 1, "maxLength": 128}

UNIT: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "required": ["partner_id", "app_id"],
    "properties": {"partner_id": _IDENTIFIER, "app_id": _IDENTIFIER},
}
