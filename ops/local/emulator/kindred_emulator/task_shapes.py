"""A state's JSON as a call's parameters, and the call's answer as JSON again, by botocore's shapes.

Source: AWS Step Functions Developer Guide, "Learning to use AWS service SDK integrations": members
are spelled as `PascalCase`, moments are text in ISO 8601.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

# botocore's, whose members depend on its type.
Shape = Any


def to_parameters(shape: Shape | None, value: Any, *, optimized: bool) -> Any:
    """Members in the service's own case; objects as text where AWS's own integrations do it."""
    if shape is None:
        return value
    match shape.type_name, value:
        case "structure", dict():
            spelled = {name.lower(): name for name in shape.members}
            found = {}
            for key, held in value.items():
                name = spelled.get(key.lower(), key)
                found[name] = to_parameters(shape.members.get(name), held, optimized=optimized)
            return found
        case "list", list():
            return [to_parameters(shape.member, held, optimized=optimized) for held in value]
        case "map", dict():
            return {
                key: to_parameters(shape.value, held, optimized=optimized)
                for key, held in value.items()
            }
        case "string", dict() | list() if optimized:
            return json.dumps(value)
        case "blob", str() if not optimized:
            return value.encode()
        case "blob", _:
            return json.dumps(value).encode()
        case "integer" | "long", float() if value.is_integer():
            return int(value)
    return value


def from_answer(shape: Shape | None, value: Any) -> Any:
    """JSON of an answer, without what botocore adds to it."""
    match value:
        case dict() if shape is not None and shape.type_name == "structure":
            return {
                name[:1].upper() + name[1:]: from_answer(shape.members[name], held)
                for name, held in value.items()
                if name in shape.members
            }
        case dict():
            of_map = shape.value if shape is not None and shape.type_name == "map" else None
            return {name: from_answer(of_map, held) for name, held in value.items()}
        case list():
            return [from_answer(getattr(shape, "member", None), held) for held in value]
        case datetime():
            moment = value.astimezone(UTC).isoformat(timespec="milliseconds")
            return moment.replace("+00:00", "Z")
        case bytes():
            return value.decode(errors="replace")
    return from_answer(shape, value.read()) if hasattr(value, "read") else value
